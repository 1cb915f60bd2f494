// The session at another PostgreSQL, source or destination: settings that a run relies on, whatever the role or the
// database there have set. Nothing outlives the transaction: a pooler gives the connection to somebody else next.
#pragma once

#include <string>

#include "core/session_settings.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

// Pins them until the end of the transaction that is open, in one round trip and without a snapshot. more: further
// SET LOCAL statements, or ''.
void PinRemoteTransaction(pg::RemoteConnection &remote, SessionPlace place, const std::string &timezone,
						  const std::string &more);

} // namespace sluice::engine
