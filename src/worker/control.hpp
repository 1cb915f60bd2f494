// What SQL functions ask of our processes. Everything here answers sensibly without
// shared_preload_libraries: there are no workers then, and nothing is running.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"

namespace sluice::worker {

// Launcher, schedulers and run workers can exist: the library was preloaded.
bool WorkersExist();

// When the current transaction commits, this database's scheduler looks at its tables.
void PokeAtCommit();

// Stops a run of this database that is starting or running; at once, not undone by rollback. False when it
// is neither.
bool RequestStop(const std::string &run_id, Oid by);
// The same for what is live of a pipeline; how many.
int RequestStopOf(const std::string &pipeline_id, Oid by);
// All that is queued of a pipeline, up to that run; false when too many requests are open.
bool RequestStopQueued(const std::string &pipeline_id, const std::string &last_run, Oid by);
// Has the scheduler mark a queued run as stopped. False when too many such requests are waiting.
bool RequestStopPending(const std::string &run_id, Oid by);

// Returns when a run has ended somewhere since the last call, when the time is over, or after a second at
// the latest; the caller looks again. Interruptible.
void WaitForRunEnd(int timeout_ms);

// Whether another session is running this pipeline, be it a worker or a CALL.
bool IsLocked(const std::string &pipeline_id);

// Makes the run in this session and transaction: the row is inserted as 'running' before. Throws Error.
void ExecuteInCaller(const catalog::Pipeline &pipeline, const std::string &run_id, const std::string &context_json);

// The runs of this database that have a worker, of owners whose rights the role has.
struct RunNow {
	std::string run;
	std::string phase;
	TimestampTz phase_since = 0;
	int64_t records_read = 0;
	int64_t records = 0;
	int64_t bytes = 0;
	int64_t records_expected = 0; // 0: unknown
};
std::vector<RunNow> RunsNow(Oid role);

// Of the background workers of the whole server.
struct WorkersOfType {
	std::string type;
	int count = 0;
};

struct HealthFacts {
	bool preloaded = false;
	bool in_recovery = false;
	int launcher_pid = 0;		// 0: none
	int scheduler_pid = 0;		// of this database; 0: none, which is normal while nothing is near
	int scheduler_failures = 0; // in a row
	std::optional<TimestampTz> last_tick;
	bool starved = false; // a run waits because no background worker slot is free
	int live_runs = 0;	  // in the whole cluster
	int max_concurrent_runs = 0;
	int set_aside = 0;	 // what failed by itself and is tried again later
	std::string trouble; // why one of them did
	std::vector<WorkersOfType> workers;
	int max_worker_processes = 0;
	int max_parallel_workers = 0;
	int worker_processes_needed = 0; // for max_concurrent_runs runs at once, beside the workers of others
};
HealthFacts CollectHealth();

} // namespace sluice::worker
