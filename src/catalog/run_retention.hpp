// How much history each pipeline keeps, and taking away what is too much. Failed runs are counted apart from those
// that succeeded, were skipped or stopped. What is queued or running stays, and so do the other runs of its batch,
// its other attempts, and the newest run of either kind of a pipeline that exists.
#pragma once

#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::catalog {

// 0: without limit.
struct RetentionLimit {
	int64_t runs = 0;
	int64_t microseconds = 0;
};
struct Retention {
	RetentionLimit failed;
	RetentionLimit others;
};
// The settings, or what the pipeline's options say instead.
Retention RetentionOf(const std::string &pipeline_id);

struct EndedRuns {
	std::string pipeline_id;
	TimestampTz at;
};
// Whose runs ended after that time, in that order.
std::vector<EndedRuns> EndedAfter(TimestampTz after, int limit);
// Somewhere between the first and the last pipeline: where to begin.
std::string AnyId();
// Pipelines, also dropped ones, that have runs, by id, after that one; empty: from the first.
std::vector<std::string> PipelinesWithRuns(const std::string &after, int limit);

// Deletes at most that many runs, oldest first, with their logs; never waits for a lock. Returns how many: fewer
// than limit means that nothing is left to delete now.
int PurgeRuns(const std::string &pipeline_id, const Retention &retention, int limit);

} // namespace sluice::catalog
