// The live runs in shared memory, as all but their own processes see them (own_slot). Leaf code: plain data, may raise.
// Without shared memory there are none.
#pragma once

#include "core/start_policy.hpp"
#include "worker/shared_state.hpp"

namespace sluice::worker::leaf {

// -- Everybody -----------------------------------------------------------------------------------

// Copies the slots of one database that are not free, at most max; returns how many. indexes and runs
// have room for max.
int CopyRuns(Oid database, RunSlot *runs, int *indexes, int max);

// Asks a launching or running run to stop: SIGINT, as pg_cancel_backend. False when there is none.
bool StopLiveRun(Oid database, const pg_uuid_t *run, Oid by);
int StopAllRuns(Oid database, Oid by);
// SIGTERM to all that run in a database. Returns how many have not left yet.
int TerminateRunsOf(Oid database, Oid by);
// The same for a run that is still queued; false when too many such requests are open, of all or of that role.
bool QueueStop(Oid database, const pg_uuid_t *run, Oid by);
// The same for all that is queued of a pipeline, up to that run.
bool QueueStopOfAll(Oid database, const pg_uuid_t *pipeline, const pg_uuid_t *last_run, Oid by);
// Asks what is live of a pipeline to stop; how many.
int StopLiveRunsOf(Oid database, const pg_uuid_t *pipeline, Oid by);
// What such a request concerns and is live by now.
int StopLiveRunsUpTo(Oid database, const StopRequest *request);

// -- The scheduler -------------------------------------------------------------------------------

struct Reservation {
	Oid database;
	Oid owner;
	Oid source; // InvalidOid: this database
	pg_uuid_t run;
	pg_uuid_t pipeline;
	TimestampTz due;
	RunKind kind;
	bool source_on_trial;
	bool more_queued; // of the owner: the process may be wanted again
	StartLimits limits;
	// Results
	Refusal refusal;
	bool owner_elsewhere; // the owner has live runs in other databases
	bool has_process;	  // one that waits for a run of this owner: HandOver gives it the run
	int index;
	uint64 cookie;
};
void ReserveRun(Reservation *reservation);
// Once the transaction that reserved is committed: the process must not see less than the scheduler.
void HandOver(int index, uint64 cookie);
// There is no run for a process that waits for one: it leaves.
bool Dismiss(int index, uint64 cookie);
void FreeRun(int index, uint64 cookie);
// SIGTERM to a run that did not obey its stop request.
bool TerminateRun(int index, uint64 cookie);

int CopyStops(Oid database, StopRequest *stops, int max);
// Not if it has come to concern more meanwhile.
void DropStop(const StopRequest *served);

} // namespace sluice::worker::leaf
