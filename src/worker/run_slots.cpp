#include "worker/run_slots.hpp"

#include <csignal>

#include "core/steady_clock.hpp"
#include "core/stop_policy.hpp"
#include "worker/slot_lookup.hpp"

namespace sluice::worker::leaf {

namespace {

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

// What is live while this run asks for a place, and a place for it: that of a process of its owner before all others.
LiveCounts
CountLive(Reservation *wanted, RunSlot **place)
{
	SharedState *shared = Shared();
	LiveCounts counts{};
	for (int i = 0; i < shared->run_slots; ++i) {
		RunSlot *slot = &shared->runs[i];
		bool const here = slot->database == wanted->database;
		if (slot->state == RunState::Free) {
			*place = *place == nullptr ? slot : *place;
			continue;
		}
		if (slot->state == RunState::Idle) {
			if (here && slot->owner == wanted->owner && !wanted->has_process) {
				wanted->has_process = true;
				*place = slot;
			} else {
				// Its turn is not over: its place is not given to others.
				++counts.cluster;
				counts.database += here ? 1 : 0;
			}
			continue;
		}
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
	counts.free_place = *place != nullptr;
	if (wanted->has_process) {
		// Its turn is not over.
		return counts;
	}
	for (DatabaseSlot &slot : shared->databases) {
		if (OidIsValid(slot.database) && slot.database != wanted->database && slot.scheduler != nullptr &&
			slot.waiting_due < wanted->due) {
			++counts.older_elsewhere;
		}
	}
	return counts;
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
		if (slot->state == RunState::Idle && slot->database == database) {
			(void)kill(slot->pid, SIGTERM);
			continue;
		}
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
		RunSlot const before = *slot;
		memset(slot, 0, sizeof(*slot));
		if (reservation->has_process) {
			slot->pid = before.pid;
			slot->process = before.process;
			slot->attached_at = before.attached_at;
		}
		slot->state = RunState::Launching;
		slot->cookie = ++shared->last_cookie;
		slot->database = reservation->database;
		slot->owner = reservation->owner;
		slot->source = reservation->source;
		slot->run = reservation->run;
		slot->pipeline = reservation->pipeline;
		slot->more_queued = reservation->more_queued;
		slot->kind = reservation->kind;
		slot->launched_at = SteadyNow();
		slot->phase = RunPhase::Starting;
		reservation->index = static_cast<int>(slot - shared->runs);
		reservation->cookie = slot->cookie;
	} else if (reservation->refusal == Refusal::ClusterFull) {
		// While it is known that there is no place: whoever frees one next looks who waits.
		DatabaseSlot *database = FindDatabase(reservation->database);
		if (database != nullptr) {
			SetClaim(database, reservation->due);
		}
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
		bool const had_place = IsLive(slot);
		Oid const database = slot->database;
		memset(slot, 0, sizeof(*slot));
		if (had_place) {
			WakeRefused(database);
		}
	}
	LWLockRelease(shared->lock);
}

void
HandOver(int index, uint64 cookie)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	RunSlot *slot = &shared->runs[index];
	if (slot->cookie == cookie && slot->state == RunState::Launching && slot->process != nullptr) {
		slot->handed_over = true;
		SetLatch(&slot->process->procLatch);
	}
	LWLockRelease(shared->lock);
}

bool
Dismiss(int index, uint64 cookie)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	RunSlot *slot = &shared->runs[index];
	bool const idle = slot->cookie == cookie && slot->state == RunState::Idle;
	if (idle) {
		PGPROC *process = slot->process;
		Oid const database = slot->database;
		memset(slot, 0, sizeof(*slot));
		SetLatch(&process->procLatch);
		WakeWaiting(database);
	}
	LWLockRelease(shared->lock);
	return idle;
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

} // namespace sluice::worker::leaf
