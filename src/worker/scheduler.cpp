#include "worker/scheduler.hpp"

#include "catalog/run_queue.hpp"
#include "catalog/run_settle.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "pg/extension.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/database_slots.hpp"
#include "worker/log.hpp"
#include "worker/worker_entry.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

constexpr int64 kSafetyTick = 60 * USECS_PER_SEC;
constexpr int64 kOwnerTick = 60 * kSafetyTick;
constexpr int64 kRetry = USECS_PER_SEC;
// While others wait for its place.
constexpr int64 kRoomTick = USECS_PER_SEC / 2;
// Between two helpings of history to purge.
constexpr int64 kPurgePause = USECS_PER_SEC / 10;
// There is time for one when nothing is due this soon, or so often something was.
constexpr int64 kPurgeQuiet = USECS_PER_SEC / 4;
constexpr int kPurgePatience = 10;
// Less than this is what two readings differ by.
constexpr int64 kClockStep = USECS_PER_SEC / 10;
constexpr int64 kDeferral = 60 * USECS_PER_SEC;
// Nothing of ours may wait longer for a lock than this.
constexpr const char *kLockTimeout = "100ms";

// Longer than the lead with which the launcher brings a scheduler back, else it would leave again at once.
int64
IdleTimeout()
{
	return std::max<int64>(pg::Settings::scheduler_idle_timeout, 2) * USECS_PER_SEC;
}

class Scheduler {
public:
	explicit Scheduler(Oid database) { state_.database = database; }

	// Until there is no reason to stay.
	void Work();

private:
	// False when the extension is not there, or is not of the library's version.
	bool Wake();
	// False: there is nothing that this library can serve.
	bool CanServe();
	// Without tables that we know there is no row to write an end into.
	void FreeEnded();
	// True when it was time for it.
	bool Safety();
	// Since the last time this was asked; 0: it was not.
	int64 SetBack();
	void RefreshOwners();
	void LookAhead();
	void ForgetDeferred(SteadyTime now);
	void PurgeInQuiet();
	bool MayLeave(bool others_wait) const;
	int64 Wait(bool others_wait) const;
	void SayError(const Error &error);
	// One part of a wake: its failure is no reason to leave the others undone.
	void Part(const std::function<void()> &body);
	void TellTrouble();

	SchedulerState state_;
	SteadyTime const came_at_ = SteadyNow();
	SteadyTime active_at_ = came_at_; // last time there was something to do
	SteadyTime safety_at_ = 0;
	SteadyTime owners_at_ = 0;
	int64 clock_distance_ = INT64_MIN; // between pg::Now and the clock that nobody sets
	std::string known_roles_;		   // for which the owners' names are right
	TimestampTz next_due_ = DT_NOEND;
	TimestampTz fired_to_ = 0;	 // what was due by then was fired, as far as it could be
	TimestampTz started_to_ = 0; // the same for the start of queued runs
	bool pending_ = false;
	bool unsettled_ = false; // the end of a run could not be settled yet
	bool purging_ = false;	 // there is history left to purge
	int purge_postponed_ = 0;
	bool ever_acted_ = false;
	bool failed_ = false; // this wake ended with an error
	std::string said_error_;
	std::string error_; // of a part of this wake
};

bool
Scheduler::Safety()
{
	SteadyTime const now = SteadyNow();
	if (now - safety_at_ < kSafetyTick) {
		return false;
	}
	MarkLostRuns(state_);
	state_.reap = true;
	purging_ = true;
	safety_at_ = now;
	return true;
}

int64
Scheduler::SetBack()
{
	int64 const distance = pg::Now() - SteadyNow();
	int64 const before = std::exchange(clock_distance_, distance);
	return before > distance + kClockStep ? before - distance : 0;
}

void
Scheduler::RefreshOwners()
{
	// All pipelines are read for it: when a role was renamed, and rarely for one created just before.
	SteadyTime const now = SteadyNow();
	pg::InTransaction([this, now] {
		Isolated(state_, "owner names", "owner names could not be refreshed", [this, now] {
			std::string const roles = catalog::RoleNames();
			if (roles == known_roles_ && now - owners_at_ < kOwnerTick) {
				return;
			}
			if (catalog::RefreshOwnerNames()) {
				known_roles_ = roles;
				owners_at_ = now;
			}
		});
	});
}

void
Scheduler::LookAhead()
{
	TimestampTz retry = DT_NOEND;
	pg::InTransaction([this, &retry] {
		// A retry whose time had come waits for a place: the end of a run brings it.
		catalog::WorkAhead const ahead = catalog::LookAhead(started_to_);
		next_due_ = ahead.next_due.value_or(DT_NOEND);
		pending_ = ahead.pending;
		unsettled_ = ahead.ended;
		retry = ahead.next_retry.value_or(DT_NOEND);
	});
	// What was due and still is, is locked by somebody, or failed by itself: not at once again. What has become due
	// since is not late for it.
	TimestampTz const clock_now = pg::Now();
	if (pg::Settings::enabled && next_due_ <= std::min(fired_to_, clock_now)) {
		int64 delay = state_.deferred.empty() ? kRetry : kDeferral;
		for (const auto &deferred : state_.deferred) {
			delay = std::clamp<int64>(deferred.second - SteadyNow(), kRetry, delay);
		}
		next_due_ = clock_now + delay;
	}
	next_due_ = std::min(next_due_, retry);
	if (pending_) {
		next_due_ = std::min(next_due_, state_.source_retry);
	}
	leaf::SchedulerReport const report{true, next_due_, state_.waiting_due, state_.starved};
	pg::Call(leaf::ReportScheduler, state_.database, &report);
	TellTrouble();
}

void
Scheduler::Part(const std::function<void()> &body)
{
	std::optional<Error> failure;
	try {
		body();
	} catch (const Error &error) {
		failure = error;
	}
	if (failure) {
		failed_ = true;
		error_ = Redact(failure->what());
		SayError(*failure);
		// Whatever waits here must not hold back the runs of other databases.
		pg::Call(leaf::WithdrawClaim, state_.database);
	}
}

void
Scheduler::TellTrouble()
{
	// What was tried again has succeeded, or is not there any more.
	std::erase_if(state_.set_aside, [this](const auto &entry) { return !IsDeferred(state_, entry.first); });
	int const count = static_cast<int>(state_.set_aside.size()) + (error_.empty() ? 0 : 1);
	const std::string &trouble =
		error_.empty() && !state_.set_aside.empty() ? state_.set_aside.begin()->second : error_;
	pg::Call(leaf::ReportTrouble, state_.database, count, trouble.c_str());
}

void
Scheduler::FreeEnded()
{
	for (const LiveRun &live : LiveRuns(state_.database)) {
		if (live.facts.state == RunState::Ended) {
			pg::Call(leaf::FreeRun, live.slot, live.facts.cookie);
		}
	}
}

bool
Scheduler::CanServe()
{
	pg::Extension extension;
	pg::InTransaction([&extension] { extension = pg::FindExtension(); });
	bool const misfit = extension.Exists() && !extension.FitsLibrary();
	if (pg::Call(leaf::NoteMisfit, state_.database, misfit)) {
		LogError(Format("pg_sluice starts nothing in database {}", state_.database), pg::VersionMismatch(extension));
	}
	if (extension.Exists() && !misfit) {
		return true;
	}
	FreeEnded();
	// A misfit is looked at again every minute; ALTER EXTENSION wakes us when it commits.
	leaf::SchedulerReport const report{misfit, DT_NOEND, DT_NOEND, false};
	pg::Call(leaf::ReportScheduler, state_.database, &report);
	return false;
}

void
Scheduler::PurgeInQuiet()
{
	if (!purging_) {
		return;
	}
	// What is due next is not to be late for it; but where something is always due, history must not grow for ever.
	bool const quiet = next_due_ == DT_NOEND || next_due_ - pg::Now() > kPurgeQuiet;
	if (quiet || ++purge_postponed_ > kPurgePatience) {
		purge_postponed_ = 0;
		purging_ = PurgeHistory(state_);
	}
}

bool
Scheduler::Wake()
{
	if (!CanServe()) {
		return false;
	}
	bool tick = false;
	Part([this] { CollectEnded(state_); });
	Part([this] { ServeStops(state_); });
	Part([this, &tick] { tick = Safety(); });
	int64 const set_back = SetBack();
	if (tick || set_back > 0) {
		Part([this, set_back] { FollowClockBack(state_, set_back); });
	}
	Part([this] { ReapStaging(state_); });
	Part([this] { (void)SettleEnded(state_); });
	Part([this] {
		// Starting comes between: with a long list of due pipelines the first need not wait for the last.
		for (fired_to_ = pg::Now(); FireDue(state_); fired_to_ = pg::Now()) {
			StartPending(state_);
		}
	});
	Part([this] {
		// Runs that could not even be started are settled at once, and what follows them starts.
		do {
			started_to_ = pg::Now();
			StartPending(state_);
		} while (std::exchange(state_.closed, false) && SettleEnded(state_));
	});
	if (tick) {
		Part([this] { RefreshOwners(); });
	}
	LookAhead();
	Part([this] { PurgeInQuiet(); });
	return true;
}

void
Scheduler::ForgetDeferred(SteadyTime now)
{
	std::erase_if(state_.deferred, [now](const auto &entry) { return entry.second <= now; });
}

void
Scheduler::SayError(const Error &error)
{
	// Once an episode: the same failure comes back every second.
	if (said_error_ != error.what()) {
		said_error_ = error.what();
		LogError(Format("pg_sluice scheduler of database {}", state_.database), error);
	}
}

bool
Scheduler::MayLeave(bool others_wait) const
{
	// Where no slot is free, a place for a scheduler is worth more to a database whose runs have not been looked at.
	bool const gives_way = others_wait && state_.starved && SteadyNow() - came_at_ >= kRetry;
	if (failed_ || (state_.retry_soon && !gives_way)) {
		return false;
	}
	std::vector<LiveRun> const live = LiveRuns(state_.database);
	int64 const until_due = pg::Settings::enabled && next_due_ != DT_NOEND ? next_due_ - pg::Now() : INT64_MAX;
	if (others_wait) {
		// Runs go on without a scheduler: the end of one brings the next. Only a start is seen through.
		bool const starting = std::any_of(live.begin(), live.end(),
										  [](const LiveRun &run) { return run.facts.state != RunState::Running; });
		return !starting && until_due > kRetry;
	}
	bool const work_left = (pending_ && pg::Settings::enabled) || unsettled_ || !live.empty() || purging_;
	int64 const idle = IdleTimeout();
	if (work_left || until_due <= idle) {
		return false;
	}
	// One that only looked in, and found nothing, does not linger.
	return !ever_acted_ || SteadyNow() - active_at_ >= idle;
}

int64
Scheduler::Wait(bool others_wait) const
{
	if (state_.more_to_settle && !failed_) {
		return 0;
	}
	// One whose settling failed by itself is deferred: it need not be looked at every second.
	if (failed_ || state_.retry_soon || (unsettled_ && state_.deferred.empty())) {
		return kRetry;
	}
	SteadyTime const now = SteadyNow();
	// What keeps it from leaving is over soon.
	int64 wait = others_wait ? kRoomTick : std::max<int64>(safety_at_ + kSafetyTick - now, 0);
	if (purging_) {
		wait = std::min(wait, kPurgePause);
	}
	if (pg::Settings::enabled && next_due_ != DT_NOEND) {
		wait = std::min(wait, std::max<int64>(next_due_ - pg::Now(), 0));
	}
	int64 const idle = IdleTimeout();
	if (active_at_ + idle > now) {
		wait = std::min(wait, active_at_ + idle - now);
	}
	for (const auto &deferred : state_.deferred) {
		wait = std::min(wait, std::max<int64>(deferred.second - now, 0));
	}
	return wait;
}

void
Scheduler::Work()
{
	for (;;) {
		leaf::WakeOrder order{};
		pg::Call(leaf::BeginWake, state_.database, &order);
		if (order.barred) {
			(void)pg::Call(leaf::LeaveDatabase, state_.database);
			return;
		}
		state_.acted = order.poked;
		state_.retry_soon = false;
		failed_ = false;
		ForgetDeferred(SteadyNow());
		bool exists = true;
		error_.clear();
		Part([this, &exists] { exists = Wake(); });
		if (!failed_) {
			said_error_.clear();
		}
		if (state_.acted) {
			active_at_ = SteadyNow();
			ever_acted_ = true;
		}
		if ((!exists || MayLeave(order.others_wait)) && pg::Call(leaf::LeaveDatabase, state_.database)) {
			return;
		}
		bool const at_once = !exists || pg::Call(leaf::HasWord, state_.database);
		pg::Call(leaf::WaitForWork, at_once ? 0L : static_cast<long>(Wait(order.others_wait) / 1000 + 1),
				 "PgSluiceSchedulerMain");
	}
}

} // namespace

bool
IsDeferred(const SchedulerState &state, const std::string &id)
{
	return state.deferred.count(id) > 0;
}

bool
Isolated(SchedulerState &state, const std::string &id, const std::string &what, const std::function<void()> &body)
{
	std::optional<Error> const failure = pg::Subtransaction(body);
	if (failure) {
		state.deferred[id] = SteadyNow() + kDeferral;
		state.set_aside[id] = Format("{}: {}", what, Redact(failure->what()));
		LogError(what, *failure);
	}
	return !failure;
}

void
ScheduleDatabase(Oid database)
{
	leaf::StartWorker();
	// First of all, so that whoever commits work meanwhile finds somebody to wake.
	if (!leaf::AttachScheduler(database)) {
		return;
	}
	before_shmem_exit(leaf::DetachScheduler, ObjectIdGetDatum(database));
	leaf::ConnectWorker(database, InvalidOid, 0, "pg_sluice scheduler");
	leaf::SetForProcess("lock_timeout", kLockTimeout);
	leaf::SetForProcess("search_path", "pg_catalog, pg_temp");
	leaf::SetForProcess("max_parallel_workers_per_gather", "0");
	leaf::SetForProcess("jit", "off");
	leaf::SetForProcess("enable_seqscan", "off");
	// Losing a mark of ours in a crash is harmless; waiting for a standby at every one is not. The end of a run is no
	// such mark, see reconcile.
	leaf::SetForProcess("synchronous_commit", "off");
	(void)pg::EntryOrLog([database] { Scheduler(database).Work(); });
}

} // namespace sluice::worker

extern "C" void
pg_sluice_scheduler_main(Datum database)
{
	sluice::worker::ScheduleDatabase(DatumGetObjectId(database));
}
