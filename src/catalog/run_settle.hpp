// What the scheduler reads and writes when it draws the consequences of runs that have ended. No statement
// here waits for a lock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/run_store.hpp"

namespace sluice::catalog {

// Runs that have ended and are not settled, in the order in which they were queued; locked.
std::vector<std::string> LockEnded(int limit);
// The consequences are drawn.
void ForgetEnded(const std::string &run_id);

// Queues the next attempt of a run; returns its id.
std::string InsertRetry(const RunRow &run, TimestampTz due, const std::string &reason);

// Counts a run that failed for good; how many have now, in a row. 0: somebody else has the pipeline's row.
int CountFailure(const std::string &pipeline_id);
// False when somebody is changing the pipeline.
bool PauseForFailures(const std::string &pipeline_id, const std::string &reason);

struct SourceOutage {
	std::string source;
	int failures = 0;
	std::optional<TimestampTz> waits_until;
};
std::vector<SourceOutage> SourceOutages();
// Counts a run that could not reach its source; how many could not, in a row.
int CountOutage(const std::string &source, const std::string &error);
void LetSourceWait(const std::string &source, TimestampTz until);
void EndOutage(const std::string &source);

} // namespace sluice::catalog
