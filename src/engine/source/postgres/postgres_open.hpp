// What a PostgreSQL shows that is read: which transactions are open there, and which snapshot it is.
#pragma once

#include "engine/source/late_rows.hpp"
#include "engine/source/source_snapshot.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

// In a transaction of its own, before the one that reads has its snapshot. Throws Error where the connection is lost.
OpenTransactions AskOpen(pg::RemoteConnection &remote);
// In the transaction that reads the table with that OID.
SourceSnapshot AskSnapshot(pg::RemoteConnection &remote, const std::string &table);

} // namespace sluice::engine
