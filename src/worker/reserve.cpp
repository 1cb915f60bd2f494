#include "worker/reserve.hpp"

#include "worker/shared_state.hpp"
#include "worker/slot_lookup.hpp"
#include "worker/worker_session.hpp"

extern "C" {
#include "utils/ps_status.h"
}

namespace sluice::worker::leaf {

namespace {

void
Call(ReserveProcess *reserve, Oid database, const RunTicket *ticket)
{
	reserve->called = true;
	reserve->database = database;
	reserve->slot = ticket->slot;
	reserve->cookie = ticket->cookie;
	SetLatch(&reserve->process->procLatch);
}

// It lacks a slot as well, and its scheduler is there to take this one.
bool
OlderRunWaits(const RunCall *call)
{
	for (const DatabaseSlot &slot : Shared()->databases) {
		if (OidIsValid(slot.database) && slot.database != call->database && slot.starved && slot.scheduler != nullptr &&
			slot.waiting_due < call->due) {
			return true;
		}
	}
	return false;
}

// What it was called for has not begun: others see to it.
void
GiveBack(const ReserveProcess *reserve)
{
	if (OidIsValid(reserve->database)) {
		DatabaseSlot *slot = FindDatabase(reserve->database);
		if (slot != nullptr && slot->scheduler_pid == 0) {
			slot->launched_at = 0;
		}
		WakeLauncher();
		return;
	}
	RunSlot *run = &Shared()->runs[reserve->slot];
	if (run->cookie == reserve->cookie && run->state == RunState::Launching) {
		run->state = RunState::Ended;
		run->passed_over = true;
		WakeAfterRun(run->database);
	}
}

} // namespace

int
CountReserve()
{
	int count = 0;
	for (int i = 0; i < ReserveSize(); ++i) {
		count += Shared()->reserve[i].at_work ? 0 : 1;
	}
	return count;
}

void
CountIdleReserve(int *for_scheduler, int *for_runs)
{
	*for_scheduler = 0;
	*for_runs = 0;
	for (int i = 0; i < ReserveSize(); ++i) {
		const ReserveProcess &reserve = Shared()->reserve[i];
		if (reserve.process != nullptr && !reserve.called) {
			++*(i == 0 ? for_scheduler : for_runs);
		}
	}
}

bool
CallScheduler(Oid database)
{
	RunTicket const none{};
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	ReserveProcess *reserve = &shared->reserve[0];
	bool const waits = reserve->process != nullptr && !reserve->called;
	if (waits) {
		Call(reserve, database, &none);
	}
	LWLockRelease(shared->lock);
	return waits;
}

bool
CallForRun(const RunCall *call)
{
	SharedState *shared = Shared();
	bool found = false;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 1; i < ReserveSize() && !found && !OlderRunWaits(call); ++i) {
		ReserveProcess *reserve = &shared->reserve[i];
		found = reserve->process != nullptr && !reserve->called;
		if (found) {
			Call(reserve, InvalidOid, &call->ticket);
		}
	}
	LWLockRelease(shared->lock);
	return found;
}

void
AttachReserve(int index)
{
	SharedState *shared = Shared();
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	ReserveProcess *reserve = &shared->reserve[index];
	memset(reserve, 0, sizeof(*reserve));
	reserve->process = MyProc;
	for (DatabaseSlot &slot : shared->databases) {
		if (OidIsValid(slot.database) && slot.starved && slot.scheduler != nullptr) {
			SetLatch(&slot.scheduler->procLatch);
		}
	}
	WakeLauncher();
	LWLockRelease(shared->lock);
}

void
DetachReserve(int code, Datum index)
{
	LWLockAcquire(Shared()->lock, LW_EXCLUSIVE);
	ReserveProcess *reserve = &Shared()->reserve[DatumGetInt32(index)];
	if (reserve->process == MyProc) {
		if (reserve->called) {
			GiveBack(reserve);
		}
		memset(reserve, 0, sizeof(*reserve));
	}
	LWLockRelease(Shared()->lock);
}

bool
TakeReserveWork(int index, ReserveWork *work)
{
	LWLockAcquire(Shared()->lock, LW_EXCLUSIVE);
	ReserveProcess *reserve = &Shared()->reserve[index];
	bool const called = reserve->called;
	if (called) {
		*work = {reserve->database, {reserve->slot, reserve->cookie}};
		reserve->process = nullptr;
		reserve->called = false;
		reserve->at_work = true;
	}
	LWLockRelease(Shared()->lock);
	return called;
}

} // namespace sluice::worker::leaf

extern "C" void
pg_sluice_reserve_main(Datum index)
{
	namespace worker = sluice::worker;
	// Milliseconds; the latch tells of work.
	constexpr long kLookAgain = 3600 * 1000L;
	int const number = DatumGetInt32(index);
	worker::leaf::StartWorker();
	worker::leaf::AttachReserve(number);
	before_shmem_exit(worker::leaf::DetachReserve, index);
	worker::leaf::ReserveWork work;
	while (!worker::leaf::TakeReserveWork(number, &work)) {
		worker::leaf::WaitForWork(kLookAgain, "PgSluiceReserve");
	}
	if (OidIsValid(work.database)) {
		init_ps_display(psprintf("pg_sluice scheduler of database %u", work.database));
		worker::ScheduleDatabase(work.database);
	} else {
		worker::MakeRuns(work.ticket);
	}
	// An exit code of 0 would give the slot away.
	proc_exit(1);
}
