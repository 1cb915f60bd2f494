// Shared memory: what launcher, schedulers, run workers and backends tell each other. Only hints and
// live facts: everything that must survive is in the tables, so that a crash may empty it at any time.
// Plain data under one LWLock; no pointer but to PGPROC, which lives in shared memory itself.
#pragma once

#include "core/run_phase.hpp"
#include "core/steady_clock.hpp"
#include "pg/prelude.hpp"
#include "pg/settings.hpp"

namespace sluice::worker {

inline constexpr int kMaxDatabases = 1024;
inline constexpr int kMaxStopRequests = 256;

enum class RunState : int {
	Free = 0,
	Launching, // given to a run that its process has not taken yet; that may be one which has made others before
	Running,   // the process has taken the run: pid is valid
	Idle,	   // its run is over and its process waits for the next of the same owner, for which its place is kept
	Ended	   // worker gone without having written the run's end; the scheduler will
};

enum class RunKind : int {
	Batch,
	Continuous // does not end by itself
};

struct RunSlot {
	RunState state;
	RunKind kind;
	uint64 cookie; // tells a late worker that the slot is no longer its own
	Oid database;
	Oid owner;
	Oid source; // foreign server that it reads from; InvalidOid: this database
	pg_uuid_t run;
	pg_uuid_t pipeline;
	int pid;		 // of the process that has the slot; 0: none yet
	PGPROC *process; // the same
	SteadyTime attached_at;
	bool handed_over; // the scheduler's transaction that gave the run to a process at hand is committed
	bool more_queued; // of its owner, when it was started
	bool finished;	  // the end is in the run's row
	bool passed_over; // the worker found the row or the pipeline locked: it stays queued
	SteadyTime launched_at;
	SteadyTime stop_requested_at; // 0: none
	Oid stop_requested_by;
	bool terminated; // SIGTERM was sent after the grace
	int64 records_read;
	int64 records_expected; // 0: unknown
	int64 records;
	int64 bytes;
	TimestampTz phase_since;
	RunPhase phase;
	int streams;			// processes that it has besides its own
	int last_state;			// SQLSTATE of the failure that it could not write; 0: none
	char last_words[512];	// what it ended with, if it left no end; '': unknown
	char last_trouble[256]; // why it could not write that failure
};

// A stop asked for while the run was still queued; the scheduler serves it.
struct StopRequest {
	bool used;
	bool whole_queue; // all that is queued of the pipeline, up to this run
	Oid database;
	pg_uuid_t run;
	pg_uuid_t pipeline; // of a whole queue
	Oid by;
	SteadyTime at;
};

struct DatabaseSlot {
	Oid database;	// InvalidOid: free
	bool looked_at; // a scheduler has been there since the server started
	bool has_extension;
	TimestampTz poked_at;	 // somebody committed work for it; 0: no
	TimestampTz next_due;	 // DT_NOEND: nothing scheduled
	TimestampTz waiting_due; // due time of the oldest run that waits for a place; DT_NOEND: none
	bool starved;			 // what it lacked was a background worker slot
	int barred_by;			 // backend that drops, renames or copies the database: keep out; 0: none
	SteadyTime launched_at;	 // scheduler registered, not yet attached; 0: no
	SteadyTime not_before;	 // after a scheduler that failed: try again then
	int failures;			 // of schedulers in a row
	SteadyTime last_tick;	 // the scheduler's last sign of life
	bool visited;			 // this scheduler got as far as the tables
	bool asked_to_leave;	 // it knows that others wait for its place, and looks by itself when it can go
	bool misfit;			 // the extension there is not of the library's version, and the log says so
	TimestampTz purged_to;	 // history: all that ended up to here was looked at; 0: not since the server started
	pg_uuid_t swept_to;		 // history: the last pipeline that the sweep over all has looked at
	Oid first_owner;		 // the least and the greatest of who owns pipelines there
	Oid last_owner;
	int set_aside;	   // ends, stops and starts that failed by themselves and are tried again later
	char trouble[512]; // why one of them did
	int scheduler_pid; // 0: none
	PGPROC *scheduler;
};

// A process that waits so that its background worker slot is ours; see reserve.hpp.
struct ReserveProcess {
	PGPROC *process; // it waits; null: at work, or being started
	bool at_work;
	bool called;   // a scheduler or the launcher wants it
	Oid database;  // to be its scheduler; InvalidOid: to make runs
	int slot;	   // of the run
	uint64 cookie; // of that slot
};

struct SharedState {
	LWLock *lock;
	// Told whenever a run ends or a scheduler leaves; the counter closes the gap between looking and sleeping.
	ConditionVariable changed;
	pg_atomic_uint64 changes;
	uint64 last_cookie;
	int launcher_pid;
	PGPROC *launcher;
	bool rescan;		   // databases came or went: the launcher lists them again
	int databases_waiting; // that want a scheduler and find no place; idle schedulers make room
	int run_slots;
	ReserveProcess reserve[1 + pg::kMaxReservedWorkers]; // the first for a scheduler, the others for runs
	StopRequest stops[kMaxStopRequests];
	DatabaseSlot databases[kMaxDatabases];
	RunSlot runs[FLEXIBLE_ARRAY_MEMBER];
};

// Null unless the library was preloaded.
SharedState *Shared();

namespace leaf {

// From _PG_init: reserves and later fills the memory.
void InstallSharedMemory();

// How many schedulers there may be at once, so that a worker slot is left for runs.
int SchedulerLimit();
// How many processes of the reserve there are, whatever they do: the first for a scheduler, the others for runs.
int ReserveSize();

// Wakes those who wait in WaitForRunEnd; without the lock.
void AnnounceChange();

} // namespace leaf

} // namespace sluice::worker
