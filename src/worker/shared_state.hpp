// Shared memory: what launcher, schedulers, run workers and backends tell each other. Only hints and
// live facts: everything that must survive is in the tables. Plain data under one LWLock; no pointer
// but to PGPROC, which lives in shared memory itself.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::worker {

inline constexpr int kMaxDatabases = 1024;
inline constexpr int kMaxStopRequests = 256;

enum class RunState : int {
	Free = 0,
	Launching, // slot given, worker registered, not yet attached
	Running,   // worker attached: pid is valid
	Ended	   // worker detached without the scheduler having looked yet
};

struct RunSlot {
	RunState state;
	uint64 cookie; // tells a late worker that the slot is no longer its own
	Oid database;
	Oid owner;
	pg_uuid_t run;
	pg_uuid_t pipeline;
	int pid;
	TimestampTz launched_at;
	TimestampTz stop_requested_at; // 0: none
	Oid stop_requested_by;
	int64 records;
	int64 bytes;
	char phase[32];
};

struct DatabaseSlot {
	Oid database; // InvalidOid: free
	bool looked_at;			  // a scheduler has been there since the server started
	bool has_extension;
	bool poked;				  // somebody committed work for it
	TimestampTz next_due;	  // DT_NOEND: nothing scheduled
	TimestampTz barred_until; // DROP DATABASE and its like: keep out until then
	TimestampTz last_tick;	  // the scheduler's last sign of life
	int scheduler_pid;		  // 0: none
	PGPROC *scheduler;
};

} // namespace sluice::worker
