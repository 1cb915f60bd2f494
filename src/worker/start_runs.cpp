// Queued runs get their workers: owner after owner, for each by priority, then oldest due first.
#include <set>

#include "catalog/chain_store.hpp"
#include "catalog/run_queue.hpp"
#include "catalog/run_settle.hpp"
#include "core/sqlstate.hpp"
#include "core/turns.hpp"
#include "pg/compat.hpp"
#include "pg/settings.hpp"
#include "pg/sql.hpp"
#include "pg/transaction.hpp"
#include "worker/control.hpp"
#include "worker/database_slots.hpp"
#include "worker/log.hpp"
#include "worker/owner_check.hpp"
#include "worker/reserve.hpp"
#include "worker/run_locks.hpp"
#include "worker/scheduler.hpp"
#include "worker/worker_entry.hpp"

namespace sluice::worker {

namespace {

bool
Contains(const std::vector<std::string> &list, const std::string &item)
{
	return std::find(list.begin(), list.end(), item) != list.end();
}

bool
IsOver(const std::string &run_id)
{
	std::optional<catalog::RunRow> const run = catalog::FindRun(run_id, true);
	return !run || (run->status != "pending" && run->status != "running");
}

enum class Outcome {
	Started,
	Closed,		  // skipped, stopped, failed: its row says why
	PipelineBusy, // stays queued behind a run of its pipeline
	OwnerBusy,	  // stays queued, and so do all of its owner
	SourceBusy,	  // stays queued, and so do all of its source
	AccessBusy,	  // stays queued, and so do all of its source and owner
	HeldBack,	  // stays queued, and so do all of this database
	NoPlace,	  // stays queued, and so do all after it in the whole cluster
	NoWorker,	  // the same, for want of a background worker slot
};

class Starter {
public:
	explicit Starter(SchedulerState &state) : state_(state) {}
	void LookAtSources();

	// One transaction's worth of the queue; true when the next may find more.
	bool StartSome();
	// Processes that waited for a run of their owner and got none. True when somebody else may have their places.
	bool DismissIdle();

private:
	// In the order of turns. *more: there may be others. The first look is at no more owners than there are places, if
	// their turns say who is first: most often it fills them.
	std::vector<catalog::RunRow> Queue(bool first_look, bool *more);
	Outcome Start(const catalog::RunRow &run);
	Outcome Close(const catalog::RunRow &run, const std::string &status, const std::string &reason);
	Outcome Behind(const catalog::RunRow &run, const std::string &other);
	Outcome BehindSession(const catalog::RunRow &run);
	Outcome Launch(const catalog::RunRow &run, const catalog::Pipeline &pipeline);
	// False: there is no background worker slot.
	bool StartWorker(const leaf::Reservation &place, const std::string &run_id);
	void Note(Outcome outcome, const catalog::RunRow &run);

	SchedulerState &state_;
	std::vector<LiveRun> live_;
	std::vector<std::string> busy_; // pipelines whose queued runs must wait
	std::vector<std::string> full_owners_;
	std::vector<std::string> full_sources_;
	std::vector<std::string> waiting_accesses_;
	std::set<std::string> accesses_on_trial_;
	std::set<Oid> more_queued_;				// owners of several runs that could start
	std::vector<leaf::Reservation> handed_; // to processes at hand, by the current transaction
	bool changed_ = false;					// a run was started or closed
	bool progress_ = false;					// the next round sees other runs than this one
	bool full_ = false;
	bool several_owners_ = false;
	bool looked_ = false; // at the queue
};

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
			if (IsOver(live.run)) {
				// Its end is committed, only its process is still leaving: no reason to skip anything.
				state_.retry_soon = true;
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

void
Starter::Note(Outcome outcome, const catalog::RunRow &run)
{
	switch (outcome) {
	case Outcome::Started:
		state_.turns[run.owner_oid] = ++state_.last_turn;
		busy_.push_back(run.pipeline_id);
		changed_ = progress_ = true;
		(void)catalog::SkipDuplicates(run.pipeline_id, run.id);
		return;
	case Outcome::Closed:
		state_.closed = true;
		changed_ = progress_ = true;
		return;
	case Outcome::PipelineBusy:
		busy_.push_back(run.pipeline_id);
		progress_ = true;
		return;
	case Outcome::OwnerBusy:
		full_owners_.push_back(std::to_string(run.owner_oid));
		progress_ = true;
		return;
	case Outcome::SourceBusy:
		if (run.source) {
			full_sources_.push_back(*run.source);
		}
		progress_ = true;
		return;
	case Outcome::AccessBusy:
		if (run.source) {
			waiting_accesses_.push_back(catalog::AccessKey(*run.source, run.owner_oid));
		}
		progress_ = true;
		return;
	case Outcome::HeldBack:
		full_ = true;
		return;
	case Outcome::NoWorker:
		state_.starved = true;
		state_.retry_soon = true;
		[[fallthrough]];
	case Outcome::NoPlace:
		state_.waiting_due = run.due;
		full_ = true;
		return;
	}
}

// Sources that could not be reached are left alone for a while; then one run tries.
void
Starter::LookAtSources()
{
	std::vector<catalog::SourceOutage> outages;
	pg::InTransaction([&outages] { outages = catalog::SourceOutages(); });
	TimestampTz const now = pg::Now();
	state_.source_retry = DT_NOEND;
	for (const catalog::SourceOutage &outage : outages) {
		std::string const key = catalog::AccessKey(outage.access.source, outage.access.owner);
		if (!outage.waits_until || pg::Settings::source_failures == 0) {
			continue;
		}
		if (*outage.waits_until > now) {
			waiting_accesses_.push_back(key);
			state_.source_retry = std::min(state_.source_retry, *outage.waits_until);
		} else {
			accesses_on_trial_.insert(key);
		}
	}
}

std::vector<catalog::RunRow>
Starter::Queue(bool first_look, bool *more)
{
	catalog::NotNow not_now{busy_, full_owners_, full_sources_, waiting_accesses_};
	for (const LiveRun &live : live_) {
		not_now.pipelines.push_back(live.pipeline);
	}
	std::vector<OwnerTurn> waiting;
	for (Oid const owner : catalog::OwnersWaiting(not_now)) {
		OwnerTurn turn{owner};
		for (const LiveRun &run : live_) {
			if (run.facts.owner == owner) {
				turn.live += run.IsLive() ? 1 : 0;
				turn.kept += run.facts.state == RunState::Idle ? 1 : 0;
			}
		}
		auto const last = state_.turns.find(owner);
		turn.last = last == state_.turns.end() ? 0 : last->second;
		waiting.push_back(turn);
	}
	auto const live = std::count_if(live_.begin(), live_.end(), [](const LiveRun &run) { return run.IsLive(); });
	// One more than can start: it says that there is no place, and by whom.
	size_t const places = static_cast<size_t>(std::max<int64_t>(pg::Settings::max_concurrent_runs - live, 0)) + 1;
	bool const narrow = first_look && std::all_of(waiting.begin(), waiting.end(),
												  [](const OwnerTurn &owner) { return owner.last > 0; });
	std::vector<OwnerTurn> owners = FirstOwners(waiting, narrow ? std::min<size_t>(places, kBatch) : kBatch);
	if (owners.empty()) {
		return {};
	}
	std::vector<Oid> oids;
	for (const OwnerTurn &owner : owners) {
		oids.push_back(owner.owner);
	}
	size_t const most = std::min(kBatch / owners.size(), places) + state_.deferred.size();
	std::vector<std::vector<catalog::RunRow>> of_owner(owners.size());
	for (catalog::RunRow &run : catalog::PendingRuns(oids, not_now, static_cast<int>(most))) {
		auto const index = static_cast<size_t>(std::find(oids.begin(), oids.end(), run.owner_oid) - oids.begin());
		OwnerTurn &owner = owners[index];
		owner.due = owner.waiting++ == 0 ? run.due : owner.due;
		if (owner.waiting > 1) {
			more_queued_.insert(owner.owner);
		}
		of_owner[index].push_back(std::move(run));
	}
	*more = *more || waiting.size() > owners.size();
	std::vector<catalog::RunRow> queue;
	std::vector<size_t> taken(owners.size());
	for (size_t const index : TakeTurns(owners)) {
		queue.push_back(std::move(of_owner[index][taken[index]++]));
		*more = *more || owners[index].waiting == most;
	}
	return queue;
}

bool
Starter::StartSome()
{
	changed_ = progress_ = false;
	bool more = false;
	bool const first_look = !std::exchange(looked_, true);
	pg::InTransaction([&] {
		live_ = LiveRuns(state_.database);
		std::pair<Oid, Oid> const owners = catalog::OwnersAtEnds();
		several_owners_ = pg::Call(leaf::NoteOwners, state_.database, owners.first, owners.second);
		std::vector<catalog::RunRow> const runs = Queue(first_look, &more);
		if (runs.empty() && !more) {
			state_.starving.End();
		}
		int handled = 0;
		for (const catalog::RunRow &run : runs) {
			if (full_ || handled == kBatch) {
				break;
			}
			// Started or found busy a moment ago: its other runs are looked at in the next round.
			if (IsDeferred(state_, run.id) || Contains(busy_, run.pipeline_id) ||
				Contains(full_owners_, std::to_string(run.owner_oid)) ||
				(run.source && (Contains(full_sources_, *run.source) ||
								Contains(waiting_accesses_, catalog::AccessKey(*run.source, run.owner_oid))))) {
				continue;
			}
			++handled;
			Isolated(state_, run.id, Format("run {} could not be started", run.id),
					 [this, &run] { Note(Start(run), run); });
		}
	});
	for (const leaf::Reservation &place : handed_) {
		pg::Call(leaf::HandOver, place.index, place.cookie);
	}
	handed_.clear();
	state_.acted = state_.acted || changed_;
	if (changed_) {
		pg::Call(leaf::AnnounceChange);
	}
	return (progress_ || first_look) && more && !full_;
}

bool
Starter::DismissIdle()
{
	bool any = false;
	for (const LiveRun &live : live_) {
		if (live.facts.state == RunState::Idle) {
			any = pg::Call(leaf::Dismiss, live.slot, live.facts.cookie) || any;
		}
	}
	if (!any || !full_) {
		return false;
	}
	full_ = false;
	state_.waiting_due = DT_NOEND;
	return true;
}

} // namespace

void
StartPending(SchedulerState &state)
{
	state.waiting_due = DT_NOEND;
	state.starved = false;
	if (!pg::Settings::enabled) {
		return;
	}
	Starter starter(state);
	starter.LookAtSources();
	do {
		while (starter.StartSome()) {
		}
	} while (starter.DismissIdle());
	if (!state.starved) {
		state.starving.Interrupt();
		return;
	}
	if (state.starving.IsNews(SteadyNow())) {
		Log("pg_sluice finds no free background worker slot: runs stay queued",
			Format("Increase max_worker_processes (now {}) or lower pg_sluice.max_concurrent_runs (now {}).",
				   max_worker_processes, pg::Settings::max_concurrent_runs));
	}
}

} // namespace sluice::worker
