// Background worker slots that nobody else can take: processes of ours that wait, connected to nothing, until no other
// slot is free. Then one of them becomes the scheduler or the process of runs that found none, of whatever database and
// owner; when it leaves, the postmaster keeps the slot and starts it again. Leaf code: plain data, may raise.
#pragma once

#include "core/steady_clock.hpp"
#include "worker/worker_entry.hpp"

namespace sluice::worker::leaf {

// How many are not at work; under the lock.
int CountReserve();
// How many wait to be called, to be a scheduler and to make runs; under the lock.
void CountIdleReserve(int *for_scheduler, int *for_runs);

// One of them becomes the scheduler of that database, or takes the run that has that slot. False: none waits, or an
// older run of another database does.
bool CallScheduler(Oid database);
struct RunCall {
	RunTicket ticket;
	Oid database;
	TimestampTz due;
};
bool CallForRun(const RunCall *call);

// -- Its process ---------------------------------------------------------------------------------

void AttachReserve(int index);
// before_shmem_exit callback.
void DetachReserve(int code, Datum index);
struct ReserveWork {
	Oid database; // InvalidOid: to make runs
	RunTicket ticket;
};
// False: not called yet.
bool TakeReserveWork(int index, ReserveWork *work);

} // namespace sluice::worker::leaf
