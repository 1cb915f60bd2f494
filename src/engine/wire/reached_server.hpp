// What can be said of a server that was reached, for validate_pipeline.
#pragma once

#include <functional>
#include <string>

#include "pg/remote_connection.hpp"

namespace sluice::engine {

// "PostgreSQL 15.2, TLSv1.3, answers within 0.2 ms". encryption: '' for none; ask: one question there.
std::string ReachedText(const std::string &version, const std::string &encryption, const std::function<void()> &ask);
// Connects and leaves again. Throws Error.
std::string ReachPostgres(const ForeignServer &server, const pg::RemoteOptions &options);

} // namespace sluice::engine
