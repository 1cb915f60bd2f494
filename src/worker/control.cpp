#include "worker/control.hpp"

#include "core/steady_clock.hpp"
#include "pg/compat.hpp"
#include "pg/guard.hpp"
#include "pg/pause.hpp"
#include "pg/settings.hpp"
#include "worker/commit_hooks.hpp"
#include "worker/live_runs.hpp"
#include "worker/run_locks.hpp"
#include "worker/run_session.hpp"
#include "worker/slot_lookup.hpp"

namespace sluice::worker {

namespace {

// Nobody announces a COMMIT PREPARED, nor anything at all without shared memory.
constexpr int kLongestSleep = 1000;
constexpr int kLongestBlindSleep = 200;

void
SleepUntilChange(int timeout_ms)
{
	// What had happened when this backend last looked: looking and sleeping leave no gap.
	static uint64 seen = 0;
	SharedState *shared = Shared();
	if (shared == nullptr) {
		int const blind = timeout_ms < kLongestBlindSleep ? timeout_ms : kLongestBlindSleep;
		pg::leaf::Pause(blind, "PgSluiceRunEnd");
		return;
	}
	int const sleep = timeout_ms < kLongestSleep ? timeout_ms : kLongestSleep;
	if (sleep > 0 && pg_atomic_read_u64(&shared->changes) == seen) {
		ConditionVariablePrepareToSleep(&shared->changed);
		if (pg_atomic_read_u64(&shared->changes) == seen) {
			(void)ConditionVariableTimedSleep(&shared->changed, sleep, pg::compat::WaitEvent("PgSluiceRunEnd"));
		}
		(void)ConditionVariableCancelSleep();
	}
	seen = pg_atomic_read_u64(&shared->changes);
	CHECK_FOR_INTERRUPTS();
}

struct HealthCopy {
	int launcher_pid;
	bool known;
	DatabaseSlot database;
	int live_runs;
	int schedulers;
	int databases_waiting;
};

void
CopyHealth(HealthCopy *copy)
{
	SharedState *shared = Shared();
	memset(copy, 0, sizeof(*copy));
	LWLockAcquire(shared->lock, LW_SHARED);
	copy->launcher_pid = shared->launcher_pid;
	const DatabaseSlot *slot = leaf::FindDatabase(MyDatabaseId);
	copy->known = slot != nullptr;
	if (slot != nullptr) {
		copy->database = *slot;
	}
	copy->live_runs = leaf::CountLiveRuns();
	for (const DatabaseSlot &other : shared->databases) {
		copy->schedulers += OidIsValid(other.database) && other.scheduler_pid != 0 ? 1 : 0;
	}
	copy->databases_waiting = shared->databases_waiting;
	LWLockRelease(shared->lock);
}

} // namespace

bool
WorkersExist()
{
	return Shared() != nullptr;
}

void
PokeAtCommit()
{
	pg::Call(leaf::PokeAtCommit);
}

bool
RequestStop(const std::string &run_id, Oid by)
{
	if (!WorkersExist()) {
		return false;
	}
	pg_uuid_t const run = UuidFromText(run_id);
	return pg::Call(leaf::StopLiveRun, MyDatabaseId, &run, by);
}

bool
RequestStopPending(const std::string &run_id, Oid by)
{
	if (!WorkersExist()) {
		return false;
	}
	pg_uuid_t const run = UuidFromText(run_id);
	return pg::Call(leaf::QueueStop, MyDatabaseId, &run, by);
}

int
RequestStopOf(const std::string &pipeline_id, Oid by)
{
	if (!WorkersExist()) {
		return 0;
	}
	pg_uuid_t const pipeline = UuidFromText(pipeline_id);
	return pg::Call(leaf::StopLiveRunsOf, MyDatabaseId, &pipeline, by);
}

bool
RequestStopQueued(const std::string &pipeline_id, const std::string &last_run, Oid by)
{
	if (!WorkersExist()) {
		return false;
	}
	pg_uuid_t const pipeline = UuidFromText(pipeline_id);
	pg_uuid_t const last = UuidFromText(last_run);
	return pg::Call(leaf::QueueStopOfAll, MyDatabaseId, &pipeline, &last, by);
}

void
WaitForRunEnd(int timeout_ms)
{
	pg::Call(SleepUntilChange, timeout_ms);
}

bool
IsLocked(const std::string &pipeline_id)
{
	pg_uuid_t const pipeline = UuidFromText(pipeline_id);
	return pg::Call(leaf::IsPipelineLocked, &pipeline);
}

void
ExecuteInCaller(const catalog::Pipeline &pipeline, const std::string &run_id, const std::string &context_json)
{
	pg::Call(leaf::PokeAtEnd);
	RunJournal journal(pg::Now);
	catalog::RunCounters counters;
	engine::RunRequest const request{pipeline, run_id};
	(void)RunSession(request, context_json, nullptr, journal, &counters).LoadChunk();
}

std::vector<RunNow>
RunsNow(Oid role)
{
	std::vector<RunNow> runs;
	for (const LiveRun &live : LiveRuns(MyDatabaseId)) {
		const RunSlot &facts = live.facts;
		if (facts.state == RunState::Running && pg::Call(has_privs_of_role, role, facts.owner)) {
			runs.push_back({live.run, PhaseName(facts.phase), facts.phase_since, facts.records_read, facts.records,
							facts.bytes, facts.records_expected});
		}
	}
	return runs;
}

HealthFacts
CollectHealth()
{
	HealthFacts facts;
	facts.preloaded = WorkersExist();
	facts.in_recovery = pg::Call(RecoveryInProgress);
	facts.max_concurrent_runs = pg::Settings::max_concurrent_runs;
	facts.max_worker_processes = max_worker_processes;
	// Our launcher, that of logical replication, as many schedulers as the rest allows, and the runs.
	facts.worker_processes_needed = 2 + 2 * std::max(1, facts.max_concurrent_runs);
	facts.scheduler_limit = leaf::SchedulerLimit();
	if (!facts.preloaded) {
		return facts;
	}
	HealthCopy copy;
	pg::Call(CopyHealth, &copy);
	facts.launcher_pid = copy.launcher_pid;
	facts.known = copy.known;
	facts.live_runs = copy.live_runs;
	facts.schedulers = copy.schedulers;
	facts.databases_waiting = copy.databases_waiting;
	if (copy.known) {
		const DatabaseSlot &slot = copy.database;
		facts.scheduler_pid = slot.scheduler_pid;
		facts.looked_at = slot.looked_at;
		facts.scheduler_failures = slot.failures;
		facts.starved = slot.starved;
		facts.set_aside = slot.set_aside;
		facts.trouble = static_cast<const char *>(slot.trouble);
		if (slot.last_tick != 0) {
			facts.last_tick = pg::Now() - (SteadyNow() - slot.last_tick);
		}
		if (slot.waiting_due != DT_NOEND) {
			facts.oldest_waiting = slot.waiting_due;
		}
	}
	return facts;
}

} // namespace sluice::worker
