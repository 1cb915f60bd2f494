// The server of a destination that is another PostgreSQL.
#pragma once

#include <string>

#include "pg/guard.hpp"

namespace sluice::engine {

// Throws Error unless the server exists, it is one of postgres_fdw, and the role may use it and has a user mapping for
// it.
void CheckDestinationServer(const std::string &server, Oid role);

} // namespace sluice::engine
