// The ends that nobody else writes: of runs whose worker vanished, of queued runs that somebody wants
// stopped, of rows that a crash left behind.
#include <set>

#include "catalog/run_queue.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "pg/guard.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/log.hpp"
#include "worker/scheduler.hpp"
#include "worker/worker_entry.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

// A worker that an earlier scheduler registered is given this long to come.
constexpr int64 kLaunchPatience = 60 * USECS_PER_SEC;
// A stop request for a row that stays locked is forgotten after this.
constexpr int64 kStopPatience = 60 * USECS_PER_SEC;
constexpr int64 kPassedOverDelay = USECS_PER_SEC;

bool
IsOver(const std::optional<catalog::RunRow> &row)
{
	return !row || (row->status != "pending" && row->status != "running");
}

// Launching, and its worker will not come any more.
bool
NeverCame(SchedulerState &state, const LiveRun &live, SteadyTime now)
{
	auto known = state.launches.find(live.slot);
	if (known != state.launches.end() && known->second.cookie == live.facts.cookie) {
		return pg::Call(leaf::HasStopped, known->second.handle);
	}
	return now - live.facts.launched_at > kLaunchPatience;
}

ErrorInfo
LostError(const catalog::RunRow &run, const RunSlot &facts)
{
	ErrorInfo error;
	std::string const words = static_cast<const char *>(facts.last_words);
	if (facts.last_state != 0) {
		error.sqlstate = facts.last_state;
		error.message = words;
		error.detail =
			Format("Its process could not write this end: {}", static_cast<const char *>(facts.last_trouble));
		error.hint = catalog::HintOnLost(run.id);
		return error;
	}
	error.sqlstate = sqlstate::kWorkerLost;
	error.message = run.status == "pending" ? "the worker process of this run ended before it could start"
											: "the worker process of this run ended before the run was over";
	error.detail = words.empty()
					   ? "It was terminated, or could not connect as the pipeline's owner, or the server was stopped."
					   : "Its last words: " + words + ".";
	error.hint = catalog::HintOnLost(run.id) + " The server's log tells why the process ended.";
	return error;
}

// False: the row is locked, try again.
bool
WriteEnd(const LiveRun &live)
{
	std::optional<catalog::RunRow> const row = catalog::FindRun(live.run);
	if (IsOver(row)) {
		return true;
	}
	RunJournal journal(pg::Now);
	journal.EnterPhase(live.facts.phase);
	catalog::RunCounters counters;
	counters.records_processed = live.facts.records;
	counters.bytes_processed = live.facts.bytes;
	if (live.facts.stop_requested_at != 0) {
		std::string const reason = "stopped by " + RoleText(live.facts.stop_requested_by);
		journal.Warning(reason);
		return catalog::FinishRun(live.run, "stopped", reason, std::nullopt, counters, journal);
	}
	ErrorInfo const error = LostError(*row, live.facts);
	journal.Failure(WholeText(error));
	return catalog::FinishRun(live.run, "failed", std::nullopt, error, counters, journal);
}

void
ForgetStopped(SchedulerState &state)
{
	for (auto launch = state.launches.begin(); launch != state.launches.end();) {
		if (pg::Call(leaf::HasStopped, launch->second.handle)) {
			pg::Call(leaf::ForgetWorker, launch->second.handle);
			launch = state.launches.erase(launch);
		} else {
			++launch;
		}
	}
}

// False: some of the rows are locked, try again.
bool
ServeStopOfAll(const SchedulerState &state, const StopRequest &stop, SteadyTime now)
{
	std::string const pipeline = UuidText(stop.pipeline);
	std::string const last = UuidText(stop.run);
	(void)catalog::StopPendingOf(pipeline, last, "stopped by " + RoleText(stop.by));
	// One that got its worker a moment ago.
	(void)pg::Call(leaf::StopLiveRunsUpTo, state.database, &stop);
	return catalog::FindQueued(pipeline, last).others == 0 || now - stop.at > kStopPatience;
}

// False: the row is locked, try again.
bool
ServeStop(const SchedulerState &state, const StopRequest &stop, SteadyTime now)
{
	std::string const run_id = UuidText(stop.run);
	std::optional<catalog::RunRow> const row = catalog::FindRun(run_id);
	if (IsOver(row) || pg::Call(leaf::StopLiveRun, state.database, &stop.run, stop.by)) {
		return true;
	}
	return catalog::ClosePending(run_id, "stopped", "stopped by " + RoleText(stop.by)) || now - stop.at > kStopPatience;
}

void
TerminateDisobedient(SchedulerState &state, SteadyTime now)
{
	SteadyTime const latest = now - pg::Settings::stop_grace * USECS_PER_SEC;
	for (const LiveRun &live : LiveRuns(state.database)) {
		SteadyTime const asked = live.facts.stop_requested_at;
		if (live.facts.state != RunState::Running || asked == 0 || live.facts.terminated) {
			continue;
		}
		if (asked > latest) {
			state.retry_soon = true;
		} else if (pg::Call(leaf::TerminateRun, live.slot, live.facts.cookie)) {
			Log(Format("run {} did not stop within {} s: its process is terminated", live.run,
					   pg::Settings::stop_grace));
		}
	}
}

} // namespace

void
CollectEnded(SchedulerState &state)
{
	SteadyTime const now = SteadyNow();
	for (const LiveRun &live : LiveRuns(state.database)) {
		bool const gone = live.facts.state == RunState::Ended ||
						  (live.facts.state == RunState::Launching && NeverCame(state, live, now));
		if (!gone) {
			continue;
		}
		bool written = false;
		if (live.facts.passed_over) {
			state.deferred[live.run] = now + kPassedOverDelay;
			state.retry_soon = true;
			written = true;
		} else {
			if (IsDeferred(state, live.run)) {
				continue;
			}
			bool isolated = false;
			pg::InTransaction([&] {
				pg::Call(leaf::CommitSafely);
				isolated = Isolated(state, live.run, Format("the end of run {} could not be written", live.run),
									[&] { written = WriteEnd(live); });
			});
			state.acted = true;
			state.reap = true;
			if (!isolated) {
				// The place stays taken, as that of a run that is over.
				continue;
			}
		}
		if (written) {
			pg::Call(leaf::FreeRun, live.slot, live.facts.cookie);
			pg::Call(leaf::AnnounceChange);
		} else {
			state.retry_soon = true;
		}
	}
	ForgetStopped(state);
}

void
MarkLostRuns(SchedulerState &state)
{
	pg::InTransaction([&state] {
		// Rows first: whatever starts after this is not among them.
		std::vector<std::string> const running = catalog::RunningRuns();
		std::set<std::string> alive;
		for (const LiveRun &live : LiveRuns(state.database)) {
			alive.insert(live.run);
		}
		int marked = 0;
		for (const std::string &run : running) {
			if (alive.count(run) > 0 || IsDeferred(state, run)) {
				continue;
			}
			if (marked == kBatch) {
				state.retry_soon = true;
				break;
			}
			Isolated(state, run, Format("run {} could not be marked as failed", run), [&run] {
				(void)catalog::MarkLost(run, "the server was stopped or crashed before the run was over");
			});
			++marked;
			state.acted = true;
		}
	});
}

void
ServeStops(SchedulerState &state)
{
	SteadyTime const now = SteadyNow();
	for (const StopRequest &stop : OpenStops(state.database)) {
		std::string const run = UuidText(stop.run);
		if (IsDeferred(state, run)) {
			continue;
		}
		bool served = false;
		bool isolated = false;
		pg::InTransaction([&] {
			pg::Call(leaf::CommitSafely);
			isolated = Isolated(state, run, Format("run {} could not be stopped", run), [&] {
				served = stop.whole_queue ? ServeStopOfAll(state, stop, now) : ServeStop(state, stop, now);
			});
		});
		if (!isolated) {
			continue;
		}
		if (served) {
			pg::Call(leaf::DropStop, &stop);
			pg::Call(leaf::AnnounceChange);
			state.acted = true;
		} else {
			state.retry_soon = true;
		}
	}
	TerminateDisobedient(state, now);
}

} // namespace sluice::worker
