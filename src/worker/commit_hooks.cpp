#include "worker/commit_hooks.hpp"

#include "core/steady_clock.hpp"
#include "pg/compat.hpp"
#include "worker/database_slots.hpp"
#include "worker/run_slots.hpp"

namespace sluice::worker::leaf {

namespace {

// A scheduler obeys within a lock_timeout or two.
constexpr int64 kLeavePatience = 3 * USECS_PER_SEC;

bool registered = false;
bool poke_at_commit = false;
bool poke_at_abort = false;
bool probe_at_commit = false;
bool rescan_at_commit = false;
bool barred = false;
bool poke_when_unlocked = false;
SubTransactionId dropped_in = InvalidSubTransactionId;

void
Forget()
{
	poke_at_commit = false;
	poke_at_abort = false;
	probe_at_commit = false;
	rescan_at_commit = false;
	barred = false;
	dropped_in = InvalidSubTransactionId;
}

// Runs after the transaction's work is visible, while its locks are still held; must not raise.
void
AtEnd(XactEvent event, void *)
{
	bool const commit = event == XACT_EVENT_COMMIT;
	bool const abort = event == XACT_EVENT_ABORT;
	if (!commit && !abort && event != XACT_EVENT_PREPARE) {
		return;
	}
	if (barred) {
		UnbarMine();
	}
	if (commit && dropped_in != InvalidSubTransactionId) {
		(void)StopAllRuns(MyDatabaseId, GetSessionUserId());
		poke_at_commit = true;
	}
	poke_when_unlocked = (commit && poke_at_commit) || (abort && poke_at_abort);
	if (commit && probe_at_commit) {
		PokeProbe(MyDatabaseId);
	}
	if (commit && rescan_at_commit) {
		PokeRescan();
	}
	Forget();
}

// A scheduler that looks while the pipeline's lock is still held would leave the queued run alone, and nobody would
// wake it again.
void
AtRelease(ResourceReleasePhase phase, bool, bool top_level, void *)
{
	if (poke_when_unlocked && top_level && phase == RESOURCE_RELEASE_AFTER_LOCKS) {
		poke_when_unlocked = false;
		PokeDatabase(MyDatabaseId);
	}
}

void
AtSubtransactionEnd(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *)
{
	if (dropped_in == InvalidSubTransactionId || dropped_in != mine) {
		return;
	}
	if (event == SUBXACT_EVENT_COMMIT_SUB) {
		dropped_in = parent;
	} else if (event == SUBXACT_EVENT_ABORT_SUB) {
		dropped_in = InvalidSubTransactionId;
	}
}

// False without shared memory: then there is nobody to tell.
bool
Prepare()
{
	if (Shared() == nullptr) {
		return false;
	}
	if (!registered) {
		RegisterXactCallback(AtEnd, nullptr);
		RegisterSubXactCallback(AtSubtransactionEnd, nullptr);
		RegisterResourceReleaseCallback(AtRelease, nullptr);
		registered = true;
	}
	return true;
}

// A scheduler or run of ours, also one that is just leaving.
bool
HasProcessIn(Oid database)
{
	for (uint32 i = 0; i < ProcGlobal->allProcCount; ++i) {
		const PGPROC *process = &ProcGlobal->allProcs[i];
		int const pid = process->pid;
		if (pid == 0 || process->databaseId != database) {
			continue;
		}
		const char *type = GetBackgroundWorkerTypeByPid(pid);
		if (type != nullptr && strncmp(type, "pg_sluice", strlen("pg_sluice")) == 0) {
			return true;
		}
	}
	return false;
}

} // namespace

void
PokeAtCommit()
{
	poke_at_commit = Prepare();
}

void
PokeAtEnd()
{
	poke_at_commit = Prepare();
	poke_at_abort = poke_at_commit;
}

void
ProbeAtCommit()
{
	probe_at_commit = Prepare();
}

void
RescanAtCommit()
{
	rescan_at_commit = Prepare();
}

void
StopEverythingAtCommit()
{
	if (Prepare()) {
		dropped_in = GetCurrentSubTransactionId();
	}
}

void
BarUntilEnd(Oid database)
{
	if (!Prepare()) {
		return;
	}
	barred = true;
	BarDatabase(database);
	if (database == MyDatabaseId) {
		return;
	}
	SteadyTime const patience = SteadyNow() + kLeavePatience;
	ConditionVariablePrepareToSleep(&Shared()->changed);
	while (HasScheduler(database) && SteadyNow() < patience) {
		(void)ConditionVariableTimedSleep(&Shared()->changed, 100, pg::compat::WaitEvent("PgSluiceSchedulerLeave"));
	}
	(void)ConditionVariableCancelSleep();
}

void
StopRunsHere(Oid by)
{
	if (!Prepare()) {
		return;
	}
	SharedState *shared = Shared();
	SteadyTime const patience = SteadyNow() + kLeavePatience;
	BarUntilEnd(MyDatabaseId);
	ConditionVariablePrepareToSleep(&shared->changed);
	while (StopAllRuns(MyDatabaseId, by) > 0 && SteadyNow() < patience) {
		(void)ConditionVariableTimedSleep(&shared->changed, 10, pg::compat::WaitEvent("PgSluiceRunLeave"));
	}
	(void)ConditionVariableCancelSleep();
	EndRunsOf(MyDatabaseId, by);
}

void
EndRunsOf(Oid database, Oid by)
{
	SharedState *shared = Shared();
	if (shared == nullptr) {
		return;
	}
	SteadyTime const patience = SteadyNow() + kLeavePatience;
	ConditionVariablePrepareToSleep(&shared->changed);
	for (;;) {
		// One that is being launched gets a process in a moment; with its scheduler gone there are no others. Who has
		// left its slot is in the database until its very end.
		int const left = TerminateRunsOf(database, by);
		if ((left == 0 && !HasProcessIn(database)) || SteadyNow() >= patience) {
			break;
		}
		(void)ConditionVariableTimedSleep(&shared->changed, 10, pg::compat::WaitEvent("PgSluiceRunLeave"));
	}
	(void)ConditionVariableCancelSleep();
}

} // namespace sluice::worker::leaf
