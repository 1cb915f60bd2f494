// What the functions that show something read. The caller of each has checked who asks, or hands in the
// role whose view it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/prelude.hpp"
#include "pg/sql.hpp"

namespace sluice::catalog {

// {"definition", "state", "runs": the last ten}
std::string DescribePipeline(const std::string &id);

// at (ISO 8601, UTC), level, phase, message, data of each line, in order.
std::vector<std::vector<pg::SqlValue>> RunLog(const std::string &run_id);

struct Overview {
	int64_t pipelines = 0;
	int64_t queued = 0;
	std::optional<TimestampTz> oldest_queued;
	int64_t parked = 0; // in a copy of the database
	std::string parked_names;
	int64_t paused = 0;
	std::string paused_names; // the first few
	int64_t failing = 0;
	std::string failing_names;
	int64_t waiting_sources = 0; // that could not be reached, and whose pipelines wait
	std::string waiting_source_names;
	int64_t without_owner = 0; // active ones whose role is gone
	std::string without_owner_names;
	int64_t without_login = 0; // active ones whose role may not log in
	std::string without_login_roles;
};
// Of the pipelines that this role may see.
Overview Look(Oid role);

} // namespace sluice::catalog
