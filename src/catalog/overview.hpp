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
std::string DescribePipeline(const std::string &id, Oid role);

// at (ISO 8601, UTC), level, phase, message, data of each line, in order.
std::vector<std::vector<pg::SqlValue>> RunLog(const std::string &run_id);

struct Some {
	int64_t count = 0;
	std::string names; // the first few
};

struct Overview {
	int64_t pipelines = 0;
	int64_t unseen = 0; // of other roles: all else here is without them
	int64_t queued = 0;
	std::optional<TimestampTz> oldest_queued;
	Some parked; // in a copy of the database
	Some paused;
	Some failing;
	Some waiting_sources; // that could not be reached, and whose pipelines wait
	Some without_owner;	  // active ones whose role is gone
	Some without_login;	  // roles of active ones that may not log in
};
// Of the pipelines that this role watches.
Overview Look(Oid role);

} // namespace sluice::catalog
