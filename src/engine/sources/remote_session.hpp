// The session at another PostgreSQL, source or destination: settings that a run relies on, whatever the role or the
// database there have set.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pg/remote_connection.hpp"

namespace sluice::engine {

// A setting and an SQL expression for its value.
using RemoteSetting = std::pair<const char *, std::string>;

// Sets what every run pins, and more, in one round trip; a server that lacks one (older version) is left as it is.
void PinRemoteSession(pg::RemoteConnection &remote, const std::string &timezone,
					  const std::vector<RemoteSetting> &more);

} // namespace sluice::engine
