#include "worker/own_slot.hpp"

#include "core/steady_clock.hpp"
#include "worker/last_words.hpp"
#include "worker/reserve.hpp"
#include "worker/slot_lookup.hpp"

extern "C" {
#include "storage/pmsignal.h"
}

namespace sluice::worker::leaf {

namespace {

// How long a process may take runs of its owner before the turn is decided again; decision 121.
constexpr int64 kSlice = USECS_PER_SEC / 2;
// A scheduler that is at work answers within milliseconds.
constexpr int64 kPatience = USECS_PER_SEC;

RunSlot *own_slot = nullptr;
SteadyTime offered_at = 0;
bool takes_no_other = false;
bool begun = false; // the run that the slot has

// Processes that nobody of ours has or may ask for at once; one is left for others.
int
CountSpare()
{
	SharedState *shared = Shared();
	// Our launcher and that of logical replication.
	int taken = 2;
	for (const DatabaseSlot &slot : shared->databases) {
		taken += OidIsValid(slot.database) && (slot.scheduler_pid != 0 || slot.launched_at != 0) ? 1 : 0;
	}
	for (int i = 0; i < shared->run_slots; ++i) {
		const RunSlot *slot = &shared->runs[i];
		taken += IsLive(slot) || slot->state == RunState::Idle ? 1 + slot->streams : 0;
	}
	int const reserve = CountReserve();
	return max_worker_processes - taken - (reserve > 0 ? reserve : 1);
}

} // namespace

bool
AttachRun(int index, uint64 cookie, RunSlot *copy)
{
	SharedState *shared = Shared();
	if (shared == nullptr || index < 0 || index >= shared->run_slots) {
		return false;
	}
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	RunSlot *slot = &shared->runs[index];
	bool const mine = slot->cookie == cookie && slot->state == RunState::Launching;
	if (mine) {
		slot->state = RunState::Running;
		slot->pid = MyProcPid;
		slot->process = MyProc;
		slot->attached_at = SteadyNow();
		*copy = *slot;
		own_slot = slot;
	}
	LWLockRelease(shared->lock);
	return mine;
}

void
DetachRun(int code, Datum index)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	RunSlot *slot = &shared->runs[DatumGetInt32(index)];
	if (slot == own_slot && slot->pid == MyProcPid) {
		Oid const database = slot->database;
		bool const taken = slot->state == RunState::Running;
		bool const idle = slot->state == RunState::Idle;
		slot->pid = 0;
		slot->process = nullptr;
		slot->state = RunState::Ended;
		LeaveLastWords(slot);
		// Given to us and not begun: another process makes it, unless somebody wants it stopped. What ended this
		// process may have been meant for the run before. Of a run that it was started for, the end has to be told.
		bool const untouched = !taken || (slot->handed_over && !begun && slot->last_state == 0);
		slot->passed_over = slot->passed_over || (untouched && slot->stop_requested_at == 0);
		if (slot->finished || idle) {
			memset(slot, 0, sizeof(*slot));
		}
		WakeAfterRun(database);
	}
	own_slot = nullptr;
	LWLockRelease(shared->lock);
	AnnounceChange();
}

void
ReadOwnRun(RunSlot *copy)
{
	LWLockAcquire(Shared()->lock, LW_SHARED);
	*copy = *own_slot;
	LWLockRelease(Shared()->lock);
}

void
MarkFinished()
{
	LWLockAcquire(Shared()->lock, LW_EXCLUSIVE);
	own_slot->finished = true;
	LWLockRelease(Shared()->lock);
	// Those who wait for this run see its row now; the slot itself is freed on the way out.
	AnnounceChange();
}

void
MarkBegun()
{
	begun = true;
}

void
MarkPassedOver()
{
	LWLockAcquire(Shared()->lock, LW_EXCLUSIVE);
	own_slot->passed_over = true;
	LWLockRelease(Shared()->lock);
}

int
ReserveParallelWorkers(int wanted)
{
	LWLockAcquire(Shared()->lock, LW_EXCLUSIVE);
	own_slot->streams = 0;
	int const spare = CountSpare();
	int const granted = wanted < spare ? wanted : spare;
	own_slot->streams = granted >= 2 ? granted : 0;
	int const streams = own_slot->streams;
	LWLockRelease(Shared()->lock);
	return streams;
}

int
SpareParallelWorkers()
{
	LWLockAcquire(Shared()->lock, LW_SHARED);
	int const spare = CountSpare();
	LWLockRelease(Shared()->lock);
	return spare > 0 ? spare : 0;
}

void
ReportProgress(const ProgressReport *report)
{
	// A long load is no reason to outlive the postmaster: its successor could not start.
	if (!PostmasterIsAlive()) {
		proc_exit(1);
	}
	LWLockAcquire(Shared()->lock, LW_EXCLUSIVE);
	own_slot->records_read = report->records_read;
	own_slot->records = report->records;
	own_slot->bytes = report->bytes;
	own_slot->records_expected = report->records_expected;
	if (own_slot->phase != report->phase) {
		own_slot->phase_since = GetCurrentTimestamp();
		own_slot->phase = report->phase;
	}
	LWLockRelease(Shared()->lock);
}

void
TakeNoOther()
{
	takes_no_other = true;
}

bool
OfferProcess()
{
	if (takes_no_other) {
		return false;
	}
	SharedState *shared = Shared();
	SteadyTime const now = SteadyNow();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot const *database = FindDatabase(own_slot->database);
	// Where nothing was queued, whoever triggers next would only be in the way of a process that is sent away. One that
	// was asked to stop leaves, so that no signal meant for this run finds the next. After streams, or a connection
	// that was kept, there is more than a new session has.
	bool const offer = own_slot->finished && own_slot->kind == RunKind::Batch && own_slot->more_queued &&
					   own_slot->stop_requested_at == 0 && own_slot->streams == 0 &&
					   now - own_slot->attached_at < kSlice && database != nullptr && database->scheduler != nullptr &&
					   database->barred_by == 0;
	if (offer) {
		RunSlot const before = *own_slot;
		memset(own_slot, 0, sizeof(*own_slot));
		own_slot->state = RunState::Idle;
		own_slot->cookie = before.cookie;
		own_slot->database = before.database;
		own_slot->owner = before.owner;
		own_slot->pid = before.pid;
		own_slot->process = before.process;
		own_slot->attached_at = before.attached_at;
		offered_at = now;
		begun = false;
		WakeDatabase(before.database);
	}
	LWLockRelease(shared->lock);
	return offer;
}

NextRun
TakeNextRun(RunSlot *copy)
{
	NextRun next = NextRun::Wait;
	LWLockAcquire(Shared()->lock, LW_EXCLUSIVE);
	if (own_slot->pid != MyProcPid) {
		own_slot = nullptr;
		next = NextRun::Leave;
	} else if (own_slot->state == RunState::Launching && own_slot->handed_over) {
		own_slot->state = RunState::Running;
		*copy = *own_slot;
		next = NextRun::Taken;
	} else if (SteadyNow() - std::max(offered_at, own_slot->launched_at) > kPatience) {
		next = NextRun::Leave;
	}
	LWLockRelease(Shared()->lock);
	return next;
}

} // namespace sluice::worker::leaf
