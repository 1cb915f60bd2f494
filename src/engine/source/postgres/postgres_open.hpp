// Which transactions are open at a PostgreSQL that is about to be read.
#pragma once

#include "engine/source/late_rows.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

// In a transaction of its own, before the one that reads has its snapshot. Throws Error where the connection is lost.
OpenTransactions AskOpen(pg::RemoteConnection &remote);

} // namespace sluice::engine
