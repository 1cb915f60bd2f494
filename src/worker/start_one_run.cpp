// One queued run: what is in its way, or its place and its worker.
#include "catalog/chain_store.hpp"
#include "catalog/run_queue.hpp"
#include "catalog/run_settle.hpp"
#include "core/turns.hpp"
#include "pg/compat.hpp"
#include "pg/settings.hpp"
#include "worker/control.hpp"
#include "worker/log.hpp"
#include "worker/owner_check.hpp"
#include "worker/reserve.hpp"
#include "worker/run_locks.hpp"
#include "worker/starter.hpp"
#include "worker/worker_entry.hpp"

namespace sluice::worker {

namespace {

bool
IsOver(const std::optional<catalog::RunRow> &run)
{
	return !run || (run->status != "pending" && run->status != "running");
}

} // namespace

Outcome
Starter::Close(const catalog::RunRow &run, const std::string &status, const std::string &reason)
{
	// Locked by somebody who is deleting or closing it: let it be.
	return catalog::ClosePending(run.id, status, reason) ? Outcome::Closed : Outcome::PipelineBusy;
}

Outcome
Starter::Behind(const catalog::RunRow &run, const std::string &other)
{
	if (run.if_running == "queue") {
		return Outcome::PipelineBusy;
	}
	Outcome const outcome = Close(run, "skipped", other + " was not over");
	if (outcome == Outcome::Closed) {
		catalog::ForgetChain(run.id);
	}
	return outcome;
}

// A CALL run_pipeline holds single_run until its transaction ends, and nobody says that it ever does.
Outcome
Starter::BehindSession(const catalog::RunRow &run)
{
	std::optional<catalog::SingleRunHolder> const holder = catalog::FindSingleRunHolder();
	if (!holder) {
		return Outcome::HeldBack;
	}
	catalog::NoteWaiting(run.id, holder->Describe());
	// The age of a transaction goes by the system's clock, which may have been set back.
	int64 const limit = pg::Settings::single_run_limit * USECS_PER_SEC;
	std::pair<int, int64> const seen = {holder->pid, holder->since};
	if (state_.holder != seen) {
		state_.holder = seen;
		state_.held_since = SteadyNow();
	}
	if (holder->pid != 0 && (holder->overdue || (limit > 0 && SteadyNow() - state_.held_since > limit))) {
		if (state_.ended_session != holder->pid) {
			state_.ended_session = holder->pid;
			Log(Format("the session with PID {} is ended: runs wait for the transaction of its CALL run_pipeline under "
					   "pg_sluice.single_run, and it has been open for longer than pg_sluice.single_run_limit ({} s)",
					   holder->pid, pg::Settings::single_run_limit));
		}
		catalog::EndSession(holder->pid);
	}
	state_.retry_soon = true;
	return Outcome::HeldBack;
}

bool
Starter::StartWorker(const leaf::Reservation &place, const std::string &run_id)
{
	// Of whoever had the slot before: a process of the reserve leaves none of its own.
	auto const previous = state_.launches.find(place.index);
	if (previous != state_.launches.end()) {
		pg::Call(leaf::ForgetWorker, previous->second.handle);
		state_.launches.erase(previous);
	}
	RunTicket const ticket{place.index, place.cookie};
	BackgroundWorkerHandle *handle = nullptr;
	if (!pg::Call(leaf::StartRun, &ticket, Format("pg_sluice run {}", run_id).c_str(), &handle)) {
		leaf::RunCall const call{ticket, place.database, place.due};
		if (pg::Call(leaf::CallForRun, &call)) {
			return true;
		}
		pg::Call(leaf::FreeRun, place.index, place.cookie);
		return false;
	}
	state_.launches.emplace(place.index, SchedulerState::Launch{place.cookie, handle});
	return true;
}

Outcome
Starter::Launch(const catalog::RunRow &run, const catalog::Pipeline &pipeline)
{
	leaf::Reservation place{};
	place.database = state_.database;
	place.owner = pipeline.owner_oid;
	place.run = UuidFromText(run.id);
	place.pipeline = UuidFromText(pipeline.id);
	place.due = run.due;
	place.kind = pipeline.IsContinuous() ? RunKind::Continuous : RunKind::Batch;
	place.more_queued = more_queued_.contains(pipeline.owner_oid);
	if (pipeline.source) {
		place.source = pg::Call(get_foreign_server_oid, pipeline.source->c_str(), true);
		place.source_on_trial = accesses_on_trial_.count(catalog::AccessKey(*pipeline.source, pipeline.owner_oid)) > 0;
	}
	int const owner_limit =
		OwnerLimit(pg::Settings::max_runs_per_owner, pg::Settings::max_concurrent_runs, several_owners_);
	place.limits = {pg::Settings::max_concurrent_runs, pg::Settings::max_runs_per_database, owner_limit,
					pg::Settings::max_runs_per_source, pg::Settings::single_run};
	pg::Call(leaf::ReserveRun, &place);
	switch (place.refusal) {
	case Refusal::None:
		break;
	case Refusal::ClusterFull:
		return Outcome::NoPlace;
	case Refusal::SingleRun:
	case Refusal::DatabaseFull:
		return Outcome::HeldBack;
	case Refusal::OwnerFull:
		catalog::NoteWaiting(
			run.id, pg::Settings::max_runs_per_owner > 0
						? Format("pg_sluice.max_runs_per_owner is {} and so many runs of role \"{}\" are under way",
								 owner_limit, pipeline.owner)
						: Format("{} runs of role \"{}\" are under way and one of the {} places of "
								 "pg_sluice.max_concurrent_runs stays for other owners",
								 owner_limit, pipeline.owner, pg::Settings::max_concurrent_runs));
		// The end of a run in another database does not wake us.
		state_.retry_soon = state_.retry_soon || place.owner_elsewhere;
		return Outcome::OwnerBusy;
	case Refusal::SourceFull:
		catalog::NoteWaiting(
			run.id, Format("pg_sluice.max_runs_per_source is {} and so many runs of data source \"{}\" are under way",
						   pg::Settings::max_runs_per_source, *pipeline.source));
		return Outcome::SourceBusy;
	case Refusal::SourceOnTrial:
		catalog::NoteWaiting(
			run.id, Format("another run finds out whether data source \"{}\" can be reached again", *pipeline.source));
		return Outcome::AccessBusy;
	case Refusal::PipelineBusy:
		return Behind(run, "a run of this pipeline");
	case Refusal::StopRequested:
		// ServeStops closes it, and knows by whom.
		state_.retry_soon = true;
		return Outcome::PipelineBusy;
	}
	if (place.has_process) {
		handed_.push_back(place);
		auto const launch = state_.launches.find(place.index);
		if (launch != state_.launches.end()) {
			launch->second.cookie = place.cookie;
		}
	} else if (!StartWorker(place, run.id)) {
		return Outcome::NoWorker;
	}
	return Outcome::Started;
}

Outcome
Starter::Start(const catalog::RunRow &run)
{
	std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(run.pipeline_id);
	if (!pipeline) {
		return Close(run, "failed", "the pipeline does not exist any more");
	}
	if (pipeline->parked) {
		return Close(run, "skipped", "parked: queued before this copy of the database was made");
	}
	bool const waits = pipeline->paused || pipeline->status != "active";
	if (waits && run.lost_before) {
		// What became of an earlier attempt is asked all the same; nothing is loaded.
		if (run.lost_before != catalog::kOnlyLook) {
			catalog::OnlyLook(run.id);
		}
	} else if (pipeline->paused) {
		return Close(run, "skipped", pipeline->paused_reason ? "paused: " + *pipeline->paused_reason : "paused");
	}
	if (waits && !run.lost_before) {
		return Close(run, "skipped", "the pipeline is " + pipeline->status);
	}
	for (const LiveRun &live : live_) {
		if (live.run == run.id) {
			// Its worker is on the way.
			return Outcome::PipelineBusy;
		}
		if (live.pipeline == run.pipeline_id) {
			std::optional<catalog::RunRow> const other = catalog::FindRun(live.run, true);
			if (IsOver(other)) {
				// Its end is committed, only its process is still leaving: no reason to skip anything.
				state_.retry_soon = true;
				return Outcome::PipelineBusy;
			}
			if (other->is_slice) {
				// Between two slices of a backfill there is a place for every run.
				return Outcome::PipelineBusy;
			}
			return Behind(run, Format("run {} of this pipeline", live.run));
		}
	}
	bool const database_locked = pg::Settings::single_run && pg::Call(leaf::IsDatabaseLocked);
	if (IsLocked(pipeline->id) && !(database_locked && run.if_running == "queue")) {
		return Behind(run, "a CALL run_pipeline of another session");
	}
	if (database_locked) {
		return BehindSession(run);
	}
	if (std::optional<Error> const error = WhyOwnerCannotRun(*pipeline)) {
		RunJournal journal(pg::Now);
		journal.EnterPhase(RunPhase::Starting);
		journal.Failure(error->what());
		(void)catalog::FinishRun(run.id, "failed", std::nullopt, error->Info(), catalog::RunCounters{}, journal);
		return Outcome::Closed;
	}
	return Launch(run, *pipeline);
}

} // namespace sluice::worker
