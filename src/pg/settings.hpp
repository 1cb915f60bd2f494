// All GUCs, and the clock that every due-time decision reads.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg {

inline constexpr int kMaxReservedWorkers = 64;

struct Settings {
	static bool enabled; // pg_sluice.enabled: off stops every start
	// How much history each pipeline keeps, failed runs apart from all others; 0: without limit. An option of the
	// same name without the prefix overrides each for a pipeline.
	static int keep_failed_runs;	   // pg_sluice.keep_failed_runs
	static int keep_failed_runs_for;   // pg_sluice.keep_failed_runs_for, seconds
	static int keep_runs;			   // pg_sluice.keep_runs
	static int keep_runs_for;		   // pg_sluice.keep_runs_for, seconds
	static int max_concurrent_runs;	   // pg_sluice.max_concurrent_runs: cluster-wide
	static int max_context_size;	   // bytes
	static int max_runs_per_database;  // pg_sluice.max_runs_per_database, 0: no limit
	static int max_runs_per_owner;	   // pg_sluice.max_runs_per_owner, cluster-wide, 0: no limit
	static int max_runs_per_source;	   // pg_sluice.max_runs_per_source, 0: no limit
	static int reserved_workers;	   // pg_sluice.reserved_workers: runs that find a background worker slot
	static int source_failures;		   // pg_sluice.source_failures: so many outages in a row, and its pipelines wait
	static int source_wait;			   // pg_sluice.source_wait, seconds, doubled with each further outage
	static int source_max_wait;		   // pg_sluice.source_max_wait, seconds
	static bool single_run;			   // pg_sluice.single_run: one run in the whole database
	static int single_run_limit;	   // pg_sluice.single_run_limit, seconds
	static char *timezone;			   // pg_sluice.timezone: default zone of new pipelines
	static int scheduler_idle_timeout; // pg_sluice.scheduler_idle_timeout, seconds
	static int stop_grace;			   // pg_sluice.stop_grace, seconds from SIGINT to SIGTERM
	static int clock_offset;		   // pg_sluice.clock_offset, seconds added to the clock (tests)
};

// Defines them; called once from _PG_init, which may also be after the postmaster has started.
void DefineSettings();

// The scheduler's clock: the system's, moved by pg_sluice.clock_offset.
TimestampTz Now();

// True when the library was loaded by shared_preload_libraries (shared memory and workers exist).
bool IsPreloaded();

} // namespace sluice::pg
