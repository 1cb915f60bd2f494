// Which database gets a scheduler next: the launcher's only decision.
#include "core/steady_clock.hpp"
#include "worker/database_slots.hpp"
#include "worker/slot_lookup.hpp"

namespace sluice::worker::leaf {

namespace {

// A scheduler that was registered this long ago and has not come is forgotten.
constexpr int64 kLaunchPatience = 60 * USECS_PER_SEC;
// A database is looked into at least this often, whatever its due time says (design rule 16).
constexpr int64 kSafetyInterval = 60 * USECS_PER_SEC;
// A scheduler is brought back this long before its work is due.
constexpr int64 kLead = USECS_PER_SEC;
// With more databases waiting than there are places, residents are asked this often to make room.
constexpr int64 kRotation = USECS_PER_SEC / 2;
constexpr int64 kMinimumWait = USECS_PER_SEC / 10;

bool
IsLaunching(const DatabaseSlot &slot, SteadyTime now)
{
	return slot.launched_at != 0 && now - slot.launched_at < kLaunchPatience;
}

bool
HasOccupant(const DatabaseSlot &slot, SteadyTime now)
{
	return slot.scheduler_pid != 0 || IsLaunching(slot, now);
}

// The later a class, the greater its keys; within a class, oldest first.
constexpr TimestampTz kProbeKey = DT_NOEND - 2;
constexpr TimestampTz kVisitKey = DT_NOEND - 1;
constexpr TimestampTz kNoKey = DT_NOEND;

TimestampTz
Urgency(const DatabaseSlot &slot, const LaunchInput *input, bool probing, bool place_for_run, int64 visit_interval)
{
	if (slot.poked_at != 0) {
		return slot.poked_at;
	}
	if (input->enabled && slot.has_extension) {
		if (slot.next_due <= input->clock_now + kLead) {
			return slot.next_due;
		}
		if (slot.waiting_due != DT_NOEND && place_for_run) {
			return slot.waiting_due;
		}
	}
	if (!slot.looked_at) {
		return probing ? kNoKey : kProbeKey;
	}
	if (slot.has_extension && !probing && slot.last_tick + visit_interval <= input->now) {
		return kVisitKey;
	}
	return kNoKey;
}

// Schedulers that do not know yet that others wait.
void
MakeRoom()
{
	for (const DatabaseSlot &slot : Shared()->databases) {
		if (OidIsValid(slot.database) && slot.scheduler != nullptr && !slot.asked_to_leave) {
			SetLatch(&slot.scheduler->procLatch);
		}
	}
}

} // namespace

void
PlanLaunch(const LaunchInput *input, LaunchPlan *plan)
{
	SharedState *shared = Shared();
	plan->database = InvalidOid;
	plan->waiting = 0;
	plan->wait = kSafetyInterval;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);

	int occupied = 0;
	int with_extension = 0;
	bool probing = false;
	for (DatabaseSlot &slot : shared->databases) {
		if (!OidIsValid(slot.database)) {
			continue;
		}
		with_extension += slot.has_extension ? 1 : 0;
		if (HasOccupant(slot, input->now)) {
			++occupied;
			probing = probing || !slot.looked_at;
		}
		// The backend that barred it vanished without a word.
		if (slot.barred_by != 0 && BackendPidGetProc(slot.barred_by) == nullptr) {
			slot.barred_by = 0;
		}
	}
	// Hundreds of databases share the visits: about one a second, not all of them every minute.
	int64 const visit_interval =
		with_extension > 60 ? with_extension * static_cast<int64>(USECS_PER_SEC) : kSafetyInterval;
	bool const place_for_run = CountLiveRuns() < input->max_concurrent_runs;

	TimestampTz best_key = kNoKey;
	bool quiet_counted = false;
	for (DatabaseSlot &slot : shared->databases) {
		if (!OidIsValid(slot.database) || slot.barred_by != 0 || HasOccupant(slot, input->now)) {
			continue;
		}
		TimestampTz const key = Urgency(slot, input, probing, place_for_run, visit_interval);
		if (key != kNoKey && slot.not_before <= input->now) {
			if (key < kProbeKey) {
				++plan->waiting;
			} else if (!quiet_counted) {
				quiet_counted = true;
				++plan->waiting;
			}
			if (key < best_key) {
				best_key = key;
				plan->database = slot.database;
			}
			continue;
		}
		int64 wait = kSafetyInterval;
		if (key != kNoKey) {
			wait = slot.not_before - input->now;
		} else if (slot.has_extension) {
			wait = slot.last_tick + visit_interval - input->now;
			if (input->enabled && slot.next_due != DT_NOEND && slot.next_due - kLead - input->clock_now < wait) {
				wait = slot.next_due - kLead - input->clock_now;
			}
		}
		plan->wait = wait < plan->wait ? wait : plan->wait;
	}

	if (OidIsValid(plan->database) && occupied >= SchedulerLimit()) {
		plan->database = InvalidOid;
		plan->wait = kRotation;
		MakeRoom();
	} else if (OidIsValid(plan->database)) {
		--plan->waiting;
	}
	shared->databases_waiting = OidIsValid(plan->database) ? 0 : plan->waiting;
	if (shared->rescan) {
		// Asked for since this round listed them; the latch may be reset.
		plan->wait = kMinimumWait;
	}
	// What a probe holds up is not waited for with a spinning loop: its end wakes the launcher.
	plan->wait = plan->wait < kMinimumWait ? kMinimumWait : plan->wait;
	LWLockRelease(shared->lock);
}

void
NoteLaunch(Oid database, bool registered)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr && slot->scheduler_pid == 0) {
		slot->launched_at = registered ? SteadyNow() : 0;
	}
	if (!registered) {
		++shared->databases_waiting;
		MakeRoom();
	}
	LWLockRelease(shared->lock);
}

void
NoteLaunchFailed(Oid database)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr && slot->launched_at != 0) {
		slot->launched_at = 0;
		PostponeDatabase(slot, SteadyNow());
	}
	LWLockRelease(shared->lock);
}

bool
TakeRescan()
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	bool const rescan = shared->rescan;
	shared->rescan = false;
	LWLockRelease(shared->lock);
	return rescan;
}

int
SyncDatabases(const Oid *databases, int count)
{
	SharedState *shared = Shared();
	SteadyTime const now = SteadyNow();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (DatabaseSlot &slot : shared->databases) {
		if (!OidIsValid(slot.database) || HasOccupant(slot, now) || slot.barred_by != 0 ||
			std::binary_search(databases, databases + count, slot.database)) {
			continue;
		}
		// Gone, or nobody may connect any more: its runs' ends have nowhere to be written.
		for (int i = 0; i < shared->run_slots; ++i) {
			if (shared->runs[i].database == slot.database && shared->runs[i].state == RunState::Ended) {
				memset(&shared->runs[i], 0, sizeof(RunSlot));
			}
		}
		memset(&slot, 0, sizeof(slot));
	}
	int homeless = 0;
	for (int i = 0; i < count; ++i) {
		if (FindDatabase(databases[i]) != nullptr) {
			continue;
		}
		DatabaseSlot *free_slot = nullptr;
		for (DatabaseSlot &slot : shared->databases) {
			if (!OidIsValid(slot.database)) {
				free_slot = &slot;
				break;
			}
		}
		if (free_slot == nullptr) {
			++homeless;
			continue;
		}
		memset(free_slot, 0, sizeof(*free_slot));
		free_slot->database = databases[i];
		free_slot->next_due = DT_NOEND;
		free_slot->waiting_due = DT_NOEND;
	}
	LWLockRelease(shared->lock);
	return homeless;
}

} // namespace sluice::worker::leaf
