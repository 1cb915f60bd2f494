#include "worker/slot_lookup.hpp"

namespace sluice::worker::leaf {

namespace {

bool
WaitsBeside(const DatabaseSlot &slot, Oid database)
{
	return OidIsValid(slot.database) && slot.database != database && slot.waiting_due != DT_NOEND;
}

void
WakeForPlace(const DatabaseSlot &slot)
{
	if (slot.scheduler != nullptr) {
		WakeDatabase(slot.database);
	} else {
		// It is brought when there is a place.
		WakeLauncher();
	}
}

} // namespace

DatabaseSlot *
FindDatabase(Oid database)
{
	for (DatabaseSlot &slot : Shared()->databases) {
		if (slot.database == database) {
			return OidIsValid(database) ? &slot : nullptr;
		}
	}
	return nullptr;
}

bool
IsLive(const RunSlot *slot)
{
	return slot->state == RunState::Launching || slot->state == RunState::Running;
}

RunSlot *
FindLiveRun(Oid database, const pg_uuid_t *run)
{
	SharedState *shared = Shared();
	for (int i = 0; i < shared->run_slots; ++i) {
		RunSlot *slot = &shared->runs[i];
		if (IsLive(slot) && slot->database == database && memcmp(&slot->run, run, sizeof(*run)) == 0) {
			return slot;
		}
	}
	return nullptr;
}

int
CountLiveRuns()
{
	SharedState *shared = Shared();
	int count = 0;
	for (int i = 0; i < shared->run_slots; ++i) {
		count += IsLive(&shared->runs[i]) ? 1 : 0;
	}
	return count;
}

void
WakeLauncher()
{
	if (Shared()->launcher != nullptr) {
		SetLatch(&Shared()->launcher->procLatch);
	}
}

void
WakeDatabase(Oid database)
{
	DatabaseSlot *slot = FindDatabase(database);
	if (slot == nullptr) {
		Shared()->rescan = true;
		WakeLauncher();
		return;
	}
	if (slot->poked_at == 0) {
		slot->poked_at = GetCurrentTimestamp();
	}
	if (slot->scheduler != nullptr) {
		SetLatch(&slot->scheduler->procLatch);
	} else {
		WakeLauncher();
	}
}

void
WakeAfterRun(Oid database)
{
	WakeDatabase(database);
	WakeWaiting(database);
}

void
WakeWaiting(Oid database)
{
	for (const DatabaseSlot &slot : Shared()->databases) {
		if (WaitsBeside(slot, database)) {
			WakeForPlace(slot);
		}
	}
}

void
WakeRefused(Oid database)
{
	for (const DatabaseSlot &slot : Shared()->databases) {
		if (WaitsBeside(slot, database) && !slot.starved) {
			WakeForPlace(slot);
		}
	}
}

void
WakeWhoGaveWay(const DatabaseSlot *slot, TimestampTz up_to)
{
	for (const DatabaseSlot &other : Shared()->databases) {
		if (WaitsBeside(other, slot->database) && other.waiting_due > slot->waiting_due && other.waiting_due <= up_to) {
			WakeForPlace(other);
		}
	}
}

void
SetClaim(DatabaseSlot *slot, TimestampTz due)
{
	WakeWhoGaveWay(slot, due);
	slot->waiting_due = due;
}

void
PostponeDatabase(DatabaseSlot *slot, SteadyTime now)
{
	int const doublings = slot->failures < 6 ? slot->failures : 6;
	++slot->failures;
	slot->not_before = now + 5 * USECS_PER_SEC * (INT64CONST(1) << doublings);
}

} // namespace sluice::worker::leaf
