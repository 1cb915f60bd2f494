#include "worker/run_slots.hpp"

#include <csignal>

#include "core/steady_clock.hpp"
#include "core/stop_policy.hpp"
#include "worker/last_words.hpp"
#include "worker/slot_lookup.hpp"

extern "C" {
#include "storage/pmsignal.h"
}

namespace sluice::worker::leaf {

namespace {

// Of a run worker: the slot it has taken.
RunSlot *own_slot = nullptr;

bool
IsSameRun(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void
RequestStop(RunSlot *slot, Oid by)
{
	if (slot->stop_requested_at == 0) {
		slot->stop_requested_at = SteadyNow();
		slot->stop_requested_by = by;
	}
	// The pid is its own as long as the state says so: detaching takes the lock that we hold.
	if (slot->state == RunState::Running) {
		(void)kill(slot->pid, SIGINT);
	}
}

StopRequest *
FindStop(Oid database, const pg_uuid_t *run)
{
	for (StopRequest &stop : Shared()->stops) {
		if (stop.used && !stop.whole_queue && stop.database == database && IsSameRun(&stop.run, run)) {
			return &stop;
		}
	}
	return nullptr;
}

StopRequest *
FindStopOfAll(Oid database, const pg_uuid_t *pipeline)
{
	for (StopRequest &stop : Shared()->stops) {
		if (stop.used && stop.whole_queue && stop.database == database && IsSameRun(&stop.pipeline, pipeline)) {
			return &stop;
		}
	}
	return nullptr;
}

bool
IsAskedToStop(const Reservation *wanted)
{
	if (FindStop(wanted->database, &wanted->run) != nullptr) {
		return true;
	}
	const StopRequest *all = FindStopOfAll(wanted->database, &wanted->pipeline);
	return all != nullptr && memcmp(&wanted->run, &all->run, sizeof(all->run)) <= 0;
}

StopRequest *
FreeStop(Oid database, Oid by)
{
	StopRequest *place = nullptr;
	int held = 0;
	int free = 0;
	for (StopRequest &stop : Shared()->stops) {
		if (!stop.used) {
			place = &stop;
			++free;
		} else if (stop.by == by) {
			++held;
		}
	}
	if (!MayRequestStop(held, free)) {
		return nullptr;
	}
	memset(place, 0, sizeof(*place));
	place->used = true;
	place->database = database;
	place->by = by;
	place->at = SteadyNow();
	return place;
}

// What is live while this run asks for a place, and a place for it.
LiveCounts
CountLive(Reservation *wanted, RunSlot **free_slot)
{
	SharedState *shared = Shared();
	LiveCounts counts{};
	for (int i = 0; i < shared->run_slots; ++i) {
		RunSlot *slot = &shared->runs[i];
		if (slot->state == RunState::Free) {
			*free_slot = *free_slot == nullptr ? slot : *free_slot;
			continue;
		}
		bool const here = slot->database == wanted->database;
		// An end that is not written yet is in the way of its own pipeline only.
		counts.pipeline = counts.pipeline || (here && IsSameRun(&slot->pipeline, &wanted->pipeline));
		if (!IsLive(slot)) {
			continue;
		}
		++counts.cluster;
		counts.database += here ? 1 : 0;
		if (here && OidIsValid(slot->source) && slot->source == wanted->source) {
			++counts.source;
			counts.access += slot->owner == wanted->owner ? 1 : 0;
		}
		if (slot->owner == wanted->owner) {
			++counts.owner;
			wanted->owner_elsewhere = wanted->owner_elsewhere || !here;
		}
	}
	counts.free_place = *free_slot != nullptr;
	for (DatabaseSlot &slot : shared->databases) {
		if (OidIsValid(slot.database) && slot.database != wanted->database && slot.scheduler != nullptr &&
			slot.waiting_due < wanted->due) {
			++counts.older_elsewhere;
		}
	}
	return counts;
}

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
		taken += IsLive(slot) ? 1 + slot->streams : 0;
	}
	return max_worker_processes - taken - 1;
}

} // namespace

int
CopyRuns(Oid database, RunSlot *runs, int *indexes, int max)
{
	SharedState *shared = Shared();
	int count = 0;
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < shared->run_slots && count < max; ++i) {
		if (shared->runs[i].state != RunState::Free && shared->runs[i].database == database) {
			runs[count] = shared->runs[i];
			indexes[count] = i;
			++count;
		}
	}
	LWLockRelease(shared->lock);
	return count;
}

bool
StopLiveRun(Oid database, const pg_uuid_t *run, Oid by)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	RunSlot *slot = FindLiveRun(database, run);
	if (slot != nullptr) {
		RequestStop(slot, by);
		// It keeps the time of the grace.
		WakeDatabase(database);
	}
	LWLockRelease(shared->lock);
	return slot != nullptr;
}

int
StopAllRuns(Oid database, Oid by)
{
	SharedState *shared = Shared();
	int count = 0;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->run_slots; ++i) {
		RunSlot *slot = &shared->runs[i];
		if (slot->database == database && IsLive(slot)) {
			RequestStop(slot, by);
			++count;
		}
	}
	LWLockRelease(shared->lock);
	return count;
}

int
TerminateRunsOf(Oid database, Oid by)
{
	SharedState *shared = Shared();
	int left = 0;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->run_slots; ++i) {
		RunSlot *slot = &shared->runs[i];
		if (slot->database != database || !IsLive(slot)) {
			continue;
		}
		++left;
		if (slot->state == RunState::Running && !slot->terminated) {
			if (slot->stop_requested_at == 0) {
				slot->stop_requested_at = SteadyNow();
				slot->stop_requested_by = by;
			}
			slot->terminated = true;
			(void)kill(slot->pid, SIGTERM);
		}
	}
	LWLockRelease(shared->lock);
	return left;
}

bool
QueueStop(Oid database, const pg_uuid_t *run, Oid by)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	StopRequest *place = FindStop(database, run);
	if (place == nullptr) {
		place = FreeStop(database, by);
		if (place != nullptr) {
			place->run = *run;
		}
	}
	if (place != nullptr) {
		WakeDatabase(database);
	}
	LWLockRelease(shared->lock);
	return place != nullptr;
}

bool
QueueStopOfAll(Oid database, const pg_uuid_t *pipeline, const pg_uuid_t *last_run, Oid by)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	StopRequest *place = FindStopOfAll(database, pipeline);
	if (place == nullptr) {
		place = FreeStop(database, by);
		if (place != nullptr) {
			place->whole_queue = true;
			place->pipeline = *pipeline;
		}
	}
	if (place != nullptr) {
		if (memcmp(&place->run, last_run, sizeof(*last_run)) < 0) {
			place->run = *last_run;
			place->at = SteadyNow();
		}
		WakeDatabase(database);
	}
	LWLockRelease(shared->lock);
	return place != nullptr;
}

namespace {

int
StopLive(Oid database, const pg_uuid_t *pipeline, const pg_uuid_t *last, Oid by)
{
	SharedState *shared = Shared();
	int count = 0;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->run_slots; ++i) {
		RunSlot *slot = &shared->runs[i];
		if (slot->database == database && IsLive(slot) && !slot->finished && IsSameRun(&slot->pipeline, pipeline) &&
			(last == nullptr || memcmp(&slot->run, last, sizeof(*last)) <= 0)) {
			RequestStop(slot, by);
			++count;
		}
	}
	if (count > 0) {
		// It keeps the time of the grace.
		WakeDatabase(database);
	}
	LWLockRelease(shared->lock);
	return count;
}

} // namespace

int
StopLiveRunsOf(Oid database, const pg_uuid_t *pipeline, Oid by)
{
	return StopLive(database, pipeline, nullptr, by);
}

int
StopLiveRunsUpTo(Oid database, const StopRequest *request)
{
	return StopLive(database, &request->pipeline, &request->run, request->by);
}

void
ReserveRun(Reservation *reservation)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	RunSlot *slot = nullptr;
	StartRequest const request{IsAskedToStop(reservation), reservation->source_on_trial};
	LiveCounts const live = CountLive(reservation, &slot);
	reservation->refusal = WhyNotNow(request, live, reservation->limits);
	if (reservation->refusal == Refusal::None) {
		memset(slot, 0, sizeof(*slot));
		slot->state = RunState::Launching;
		slot->cookie = ++shared->last_cookie;
		slot->database = reservation->database;
		slot->owner = reservation->owner;
		slot->source = reservation->source;
		slot->run = reservation->run;
		slot->pipeline = reservation->pipeline;
		slot->launched_at = SteadyNow();
		strlcpy(slot->phase, "starting", sizeof(slot->phase));
		reservation->index = static_cast<int>(slot - shared->runs);
		reservation->cookie = slot->cookie;
	}
	LWLockRelease(shared->lock);
}

void
FreeRun(int index, uint64 cookie)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	RunSlot *slot = &shared->runs[index];
	if (slot->cookie == cookie) {
		memset(slot, 0, sizeof(*slot));
	}
	LWLockRelease(shared->lock);
}

bool
TerminateRun(int index, uint64 cookie)
{
	SharedState *shared = Shared();
	bool sent = false;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	RunSlot *slot = &shared->runs[index];
	if (slot->cookie == cookie && slot->state == RunState::Running && !slot->terminated) {
		slot->terminated = true;
		sent = kill(slot->pid, SIGTERM) == 0;
	}
	LWLockRelease(shared->lock);
	return sent;
}

int
CopyStops(Oid database, StopRequest *stops, int max)
{
	SharedState *shared = Shared();
	int count = 0;
	LWLockAcquire(shared->lock, LW_SHARED);
	for (StopRequest &stop : shared->stops) {
		if (stop.used && stop.database == database && count < max) {
			stops[count++] = stop;
		}
	}
	LWLockRelease(shared->lock);
	return count;
}

void
DropStop(const StopRequest *served)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	StopRequest *stop = served->whole_queue ? FindStopOfAll(served->database, &served->pipeline)
											: FindStop(served->database, &served->run);
	if (stop != nullptr && IsSameRun(&stop->run, &served->run)) {
		memset(stop, 0, sizeof(*stop));
	}
	LWLockRelease(shared->lock);
}

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
	if (slot == own_slot && slot->state == RunState::Running && slot->pid == MyProcPid) {
		Oid const database = slot->database;
		slot->pid = 0;
		slot->state = RunState::Ended;
		LeaveLastWords(slot);
		if (slot->finished) {
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
	if (strcmp(own_slot->phase, report->phase) != 0) {
		own_slot->phase_since = GetCurrentTimestamp();
		strlcpy(own_slot->phase, report->phase, sizeof(own_slot->phase));
	}
	LWLockRelease(Shared()->lock);
}

} // namespace sluice::worker::leaf
