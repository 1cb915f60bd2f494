#include "worker/database_slots.hpp"

#include "core/steady_clock.hpp"
#include "worker/last_words.hpp"
#include "worker/slot_lookup.hpp"

namespace sluice::worker::leaf {

void
PokeDatabase(Oid database)
{
	SharedState *shared = Shared();
	if (shared == nullptr) {
		return;
	}
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	WakeDatabase(database);
	LWLockRelease(shared->lock);
	AnnounceChange();
}

void
PokeProbe(Oid database)
{
	SharedState *shared = Shared();
	if (shared == nullptr) {
		return;
	}
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr) {
		slot->looked_at = false;
		slot->not_before = 0;
		if (slot->scheduler != nullptr) {
			WakeDatabase(database);
		}
	} else {
		shared->rescan = true;
	}
	WakeLauncher();
	LWLockRelease(shared->lock);
}

void
PokeRescan()
{
	SharedState *shared = Shared();
	if (shared == nullptr) {
		return;
	}
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->rescan = true;
	WakeLauncher();
	LWLockRelease(shared->lock);
}

void
BarDatabase(Oid database)
{
	SharedState *shared = Shared();
	if (shared == nullptr) {
		return;
	}
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr) {
		slot->barred_by = MyProcPid;
		if (slot->scheduler != nullptr) {
			SetLatch(&slot->scheduler->procLatch);
		}
	}
	LWLockRelease(shared->lock);
}

void
UnbarMine()
{
	SharedState *shared = Shared();
	if (shared == nullptr) {
		return;
	}
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (DatabaseSlot &slot : shared->databases) {
		if (OidIsValid(slot.database) && slot.barred_by == MyProcPid) {
			slot.barred_by = 0;
		}
	}
	shared->rescan = true;
	WakeLauncher();
	LWLockRelease(shared->lock);
}

bool
HasScheduler(Oid database)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_SHARED);
	DatabaseSlot *slot = FindDatabase(database);
	bool const found = slot != nullptr && slot->scheduler_pid != 0;
	LWLockRelease(shared->lock);
	return found;
}

bool
AttachScheduler(Oid database)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	bool const mine = slot != nullptr && slot->scheduler_pid == 0 && slot->barred_by == 0;
	if (mine) {
		slot->scheduler_pid = MyProcPid;
		slot->scheduler = MyProc;
		slot->visited = false;
		slot->asked_to_leave = false;
	}
	if (slot != nullptr) {
		slot->launched_at = 0;
	}
	LWLockRelease(shared->lock);
	return mine;
}

void
DetachScheduler(int code, Datum database)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(DatumGetObjectId(database));
	if (slot != nullptr && slot->scheduler_pid == MyProcPid) {
		// It did not leave through LeaveDatabase: it was terminated, or could not even connect.
		SteadyTime const now = SteadyNow();
		slot->scheduler_pid = 0;
		slot->scheduler = nullptr;
		SetClaim(slot, DT_NOEND);
		if (slot->visited) {
			slot->failures = 0;
			slot->not_before = now + USECS_PER_SEC;
		} else {
			PostponeDatabase(slot, now);
		}
		if (slot->has_extension && slot->poked_at == 0) {
			slot->poked_at = GetCurrentTimestamp();
		}
	}
	WakeLauncher();
	LWLockRelease(shared->lock);
	AnnounceChange();
}

void
BeginWake(Oid database, WakeOrder *order)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	order->barred = slot == nullptr || slot->barred_by != 0;
	order->others_wait = shared->databases_waiting > 0;
	order->poked = slot != nullptr && slot->poked_at != 0;
	if (slot != nullptr) {
		slot->poked_at = 0;
		slot->asked_to_leave = order->others_wait;
		slot->last_tick = SteadyNow();
	}
	LWLockRelease(shared->lock);
}

bool
HasWord(Oid database)
{
	LWLockAcquire(Shared()->lock, LW_SHARED);
	DatabaseSlot const *slot = FindDatabase(database);
	bool const word = slot == nullptr || slot->barred_by != 0 || slot->poked_at != 0;
	LWLockRelease(Shared()->lock);
	return word;
}

void
ReportScheduler(Oid database, const SchedulerReport *report)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr) {
		slot->visited = true;
		if (!slot->looked_at) {
			// Others wait for their look.
			slot->looked_at = true;
			WakeLauncher();
		}
		slot->failures = 0;
		slot->has_extension = report->has_extension;
		slot->next_due = report->next_due;
		SetClaim(slot, report->waiting_due);
		slot->starved = report->starved;
	}
	LWLockRelease(shared->lock);
}

bool
NoteOwners(Oid database, Oid first, Oid last)
{
	SharedState *shared = Shared();
	bool several = first != last;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (DatabaseSlot &slot : shared->databases) {
		if (OidIsValid(slot.database) && slot.database == database) {
			slot.first_owner = first;
			slot.last_owner = last;
		} else if (OidIsValid(slot.database) && slot.has_extension && OidIsValid(slot.first_owner)) {
			several = several || slot.first_owner != first || slot.last_owner != first;
		}
	}
	LWLockRelease(shared->lock);
	return several;
}

void
ReportTrouble(Oid database, int set_aside, const char *trouble)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr) {
		slot->set_aside = set_aside;
		CopyCut(slot->trouble, sizeof(slot->trouble), trouble);
	}
	LWLockRelease(shared->lock);
}

bool
NoteMisfit(Oid database, bool misfit)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	bool const is_new = slot != nullptr && misfit && !slot->misfit;
	if (slot != nullptr) {
		slot->misfit = misfit;
	}
	LWLockRelease(shared->lock);
	return is_new;
}

void
ReadPurgeMarks(Oid database, PurgeMarks *marks)
{
	SharedState *shared = Shared();
	memset(marks, 0, sizeof(*marks));
	LWLockAcquire(shared->lock, LW_SHARED);
	const DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr) {
		marks->purged_to = slot->purged_to;
		marks->swept_to = slot->swept_to;
	}
	LWLockRelease(shared->lock);
}

void
WritePurgeMarks(Oid database, const PurgeMarks *marks)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr) {
		slot->purged_to = marks->purged_to;
		slot->swept_to = marks->swept_to;
	}
	LWLockRelease(shared->lock);
}

void
WithdrawClaim(Oid database)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	if (slot != nullptr) {
		SetClaim(slot, DT_NOEND);
	}
	LWLockRelease(shared->lock);
}

bool
LeaveDatabase(Oid database)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	DatabaseSlot *slot = FindDatabase(database);
	// A bar is obeyed even with work at hand.
	bool const leave = slot == nullptr || slot->barred_by != 0 || slot->poked_at == 0;
	if (leave && slot != nullptr && slot->scheduler_pid == MyProcPid) {
		slot->scheduler_pid = 0;
		slot->scheduler = nullptr;
		// Nobody gives way to a database whose scheduler is not there.
		WakeWhoGaveWay(slot, DT_NOEND);
	}
	LWLockRelease(shared->lock);
	return leave;
}

void
AttachLauncher()
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher_pid = MyProcPid;
	shared->launcher = MyProc;
	shared->rescan = true;
	LWLockRelease(shared->lock);
}

void
DetachLauncher(int code, Datum unused)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (shared->launcher_pid == MyProcPid) {
		shared->launcher_pid = 0;
		shared->launcher = nullptr;
	}
	LWLockRelease(shared->lock);
}

} // namespace sluice::worker::leaf
