// What another PostgreSQL's planner expects of a query.
#pragma once

#include <string>

#include "pg/remote_connection.hpp"

namespace sluice::engine {

struct PostgresEstimate {
	int64_t rows = 0;
	int64_t bytes = 0;
	bool reads_elsewhere = false; // foreign tables: no snapshot of this server is theirs
};

// Of these columns of a FROM item, with the condition that follows it. Locks there what the query reads.
PostgresEstimate EstimateSize(pg::RemoteConnection &remote, const char *columns, const std::string &body);

} // namespace sluice::engine
