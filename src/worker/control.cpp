#include "worker/control.hpp"

#include "core/steady_clock.hpp"
#include "pg/compat.hpp"
#include "pg/guard.hpp"
#include "pg/pause.hpp"
#include "pg/settings.hpp"
#include "worker/command_run.hpp"
#include "worker/commit_hooks.hpp"
#include "worker/live_runs.hpp"
#include "worker/reserve.hpp"
#include "worker/run_locks.hpp"
#include "worker/run_session.hpp"
#include "worker/slot_lookup.hpp"
#include "worker/worker_entry.hpp"

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
	bool known; // the launcher has a place for this database
	DatabaseSlot database;
	int live_runs;
	int schedulers; // in the whole cluster
	// Processes of the reserve that wait, by what the list of processes says of them.
	int kept_for_scheduler;
	int kept_for_runs;
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
	leaf::CountIdleReserve(&copy->kept_for_scheduler, &copy->kept_for_runs);
	LWLockRelease(shared->lock);
}

constexpr const char *kParallelWorker = "parallel worker";
constexpr int kMostTypes = 64;

struct TypeCount {
	char type[BGW_MAXLEN];
	int count;
};

struct WorkerTypes {
	TypeCount types[kMostTypes];
	int used;
};

// Who holds the background worker slots. One that is being started has none of our notice yet.
void
CountWorkers(WorkerTypes *found)
{
	found->used = 0;
	for (uint32 i = 0; i < ProcGlobal->allProcCount; ++i) {
		int const pid = ProcGlobal->allProcs[i].pid;
		const char *type = pid != 0 ? GetBackgroundWorkerTypeByPid(pid) : nullptr;
		if (type == nullptr) {
			continue;
		}
		int at = 0;
		while (at < found->used && strcmp(found->types[at].type, type) != 0) {
			++at;
		}
		if (at == kMostTypes) {
			continue;
		}
		if (at == found->used) {
			strlcpy(found->types[at].type, type, BGW_MAXLEN);
			found->types[at].count = 0;
			++found->used;
		}
		++found->types[at].count;
	}
}

// The most numerous first.
std::vector<WorkersOfType>
Workers(const HealthCopy &copy)
{
	WorkerTypes found;
	pg::Call(CountWorkers, &found);
	std::vector<WorkersOfType> workers;
	int reserve = 0;
	for (int i = 0; i < found.used; ++i) {
		std::string const type = static_cast<const char *>(found.types[i].type);
		int const kept = type == leaf::kSchedulerType ? copy.kept_for_scheduler
						 : type == leaf::kRunType	  ? copy.kept_for_runs
													  : 0;
		int const idle = std::min(kept, found.types[i].count);
		reserve += idle;
		if (found.types[i].count > idle) {
			workers.push_back({type, found.types[i].count - idle});
		}
	}
	if (reserve > 0) {
		workers.push_back({leaf::kReserveName, reserve});
	}
	std::sort(workers.begin(), workers.end(), [](const WorkersOfType &a, const WorkersOfType &b) {
		return a.count != b.count ? a.count > b.count : a.type < b.type;
	});
	return workers;
}

// Parallel queries come and go.
int
WorkersOfOthers(const std::vector<WorkersOfType> &workers)
{
	int count = 0;
	for (const WorkersOfType &of_type : workers) {
		bool const ours = of_type.type.starts_with("pg_sluice");
		count += ours || of_type.type == kParallelWorker ? 0 : of_type.count;
	}
	return count;
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
	if (pipeline.command) {
		CommandRun(request, context_json, nullptr, journal, &counters).RunInCaller();
	} else {
		(void)RunSession(request, context_json, nullptr, journal, &counters).LoadChunk();
	}
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
	facts.max_parallel_workers = max_parallel_workers;
	HealthCopy copy{};
	if (facts.preloaded) {
		pg::Call(CopyHealth, &copy);
	}
	facts.workers = Workers(copy);
	// What is kept for a scheduler is not used while another slot is free.
	int const kept = pg::Call(leaf::ReserveSize) > 0 ? 1 : 0;
	facts.worker_processes_needed = 1 + std::max(1, copy.schedulers) + kept + std::max(1, facts.max_concurrent_runs) +
									WorkersOfOthers(facts.workers);
	if (!facts.preloaded) {
		return facts;
	}
	facts.launcher_pid = copy.launcher_pid;
	facts.live_runs = copy.live_runs;
	if (copy.known) {
		const DatabaseSlot &slot = copy.database;
		facts.scheduler_pid = slot.scheduler_pid;
		facts.scheduler_failures = slot.failures;
		facts.starved = slot.starved;
		facts.set_aside = slot.set_aside;
		facts.trouble = static_cast<const char *>(slot.trouble);
		if (slot.last_tick != 0) {
			facts.last_tick = pg::Now() - (SteadyNow() - slot.last_tick);
		}
	}
	return facts;
}

} // namespace sluice::worker
