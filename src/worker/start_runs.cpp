// Queued runs get their workers: owner after owner, for each by priority, then oldest due first.
#include "catalog/run_queue.hpp"
#include "catalog/run_settle.hpp"
#include "core/turns.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/database_slots.hpp"
#include "worker/log.hpp"
#include "worker/starter.hpp"

namespace sluice::worker {

namespace {

bool
Contains(const std::vector<std::string> &list, const std::string &item)
{
	return std::find(list.begin(), list.end(), item) != list.end();
}

} // namespace

void
Starter::Note(Outcome outcome, const catalog::RunRow &run)
{
	switch (outcome) {
	case Outcome::Started:
		state_.turns[run.owner_oid] = ++state_.last_turn;
		busy_.push_back(run.pipeline_id);
		changed_ = progress_ = true;
		if (!run.is_slice) {
			(void)catalog::SkipDuplicates(run.pipeline_id, run.id);
		}
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
