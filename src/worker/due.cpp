// What is due becomes a queued run, or a row that says why not.
#include <algorithm>

#include "catalog/clock_steps.hpp"
#include "catalog/pipeline_options.hpp"
#include "catalog/pipeline_schedule.hpp"
#include "catalog/run_queue.hpp"
#include "core/clock_memory.hpp"
#include "core/due_plan.hpp"
#include "core/duration.hpp"
#include "core/local_time.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "pg/zone.hpp"
#include "worker/control.hpp"
#include "worker/log.hpp"
#include "worker/scheduler.hpp"

namespace sluice::worker {

namespace {

struct Evaluation {
	DuePlanAgain due;
	std::string problem; // why the schedule has no meaning any more
};

// The due times of a pipeline, and which of them have had their runs while the clock was ahead.
class Planner {
public:
	Planner(const catalog::Pipeline &pipeline, const ClockMemory &memory, TimestampTz now)
		: due_times_(pipeline), served_(pipeline.id, memory.served_until), now_(pg::UnixSeconds(now)),
		  before_(memory.anew || due_times_.IsInterval(), now_,
				  [this](int64_t due) { return served_.Has(pg::TimestampFromUnixSeconds(due)); })
	{}
	Planner(const Planner &) = delete;
	Planner &operator=(const Planner &) = delete;

	DuePlanAgain Plan(TimestampTz due, OnMissed policy) const
	{
		return PlanDue(pg::UnixSeconds(due), now_, policy, Next(), before_);
	}
	std::optional<int64_t> Following() const
	{
		NextDueFunction const next = Next();
		return before_.WithoutSettled(next)(now_);
	}

private:
	NextDueFunction Next() const
	{
		return [this](int64_t after) -> std::optional<int64_t> {
			std::optional<TimestampTz> const at = due_times_.After(pg::TimestampFromUnixSeconds(after));
			return at ? std::optional(pg::UnixSeconds(*at)) : std::nullopt;
		};
	}

	catalog::DueTimes const due_times_;
	mutable catalog::ServedInstants served_;
	int64_t const now_;
	ServedBefore const before_;
};

std::optional<TimestampTz>
Instant(std::optional<int64_t> seconds)
{
	return seconds ? std::optional(pg::TimestampFromUnixSeconds(*seconds)) : std::nullopt;
}

Evaluation
Evaluate(const catalog::Pipeline &pipeline, const OptionValues &options, TimestampTz due, const ClockMemory &memory,
		 TimestampTz now)
{
	try {
		std::string const on_missed = options.Text("on_missed");
		OnMissed const policy = on_missed == "run_all" ? OnMissed::RunAll
								: on_missed == "skip"  ? OnMissed::Skip
													   : OnMissed::RunOnce;
		return {Planner(pipeline, memory, now).Plan(due, policy), std::string()};
	} catch (const Error &error) {
		// Without PostgreSQL's hand in it the transaction is sound; else the whole pipeline is deferred.
		if (error.Info().from_postgres) {
			throw;
		}
		return {DuePlanAgain{}, Redact(error.what())};
	}
}

// Why a run that is due cannot be queued; nothing when it can.
std::optional<std::string>
ReasonToSkip(const catalog::Pipeline &pipeline, bool may_queue)
{
	if (std::optional<std::string> const run = catalog::ActiveRun(pipeline.id)) {
		if (!may_queue) {
			return Format("run {} of this pipeline was not over", *run);
		}
		if (std::optional<std::string> const queued = catalog::QueuedRun(pipeline.id, false)) {
			return Format("run {} of this pipeline was queued already", *queued);
		}
	}
	if (!may_queue && IsLocked(pipeline.id)) {
		return std::string("a CALL run_pipeline of another session was not over");
	}
	if (pg::Settings::single_run) {
		if (std::optional<std::string> const run = catalog::ActiveRun(std::string())) {
			return Format("pg_sluice.single_run is on and run {} was not over", *run);
		}
		std::optional<catalog::SingleRunHolder> const holder = catalog::FindSingleRunHolder();
		// An overdue one is ended as soon as something is queued.
		if (holder && !holder->overdue) {
			return holder->Describe();
		}
	}
	return std::nullopt;
}

std::string
MissedText(const catalog::Pipeline &pipeline, const DuePlan &plan)
{
	pg::PgZone const zone = pg::PgZone::Find(pipeline.timezone);
	std::string const from = FormatLocal(plan.missed_from, zone);
	if (plan.missed == 1) {
		return Format("the due time {} was missed", from);
	}
	return Format("{}{} due times from {} to {} were missed", plan.missed_more ? "more than " : "", plan.missed, from,
				  FormatLocal(plan.missed_to, zone));
}

void
InsertSkipped(const catalog::Pipeline &pipeline, TimestampTz due, const std::string &reason)
{
	catalog::NewRun run;
	run.cause = "schedule";
	run.due_at = due;
	run.status = "skipped";
	run.reason = reason;
	(void)catalog::InsertRun(pipeline, run);
}

void
InsertDueRuns(const catalog::Pipeline &pipeline, const OptionValues &options, const DuePlan &plan)
{
	bool const made_up = options.Text("on_missed") == "run_all" && plan.runs.size() > 1;
	bool const may_queue = made_up || options.Text("on_overlap") == "queue_one";
	std::optional<std::string> missed;
	if (plan.missed > 0) {
		missed = MissedText(pipeline, plan);
	}
	if (plan.runs.empty()) {
		InsertSkipped(pipeline, pg::TimestampFromUnixSeconds(plan.missed_to), *missed);
		return;
	}
	for (int64_t const due : plan.runs) {
		catalog::NewRun run;
		run.cause = "schedule";
		run.due_at = pg::TimestampFromUnixSeconds(due);
		run.reason = missed;
		missed.reset();
		if (std::find(plan.repeated.begin(), plan.repeated.end(), due) != plan.repeated.end()) {
			std::string const repeated = "served again: this due time had a run before the clock was set back";
			run.reason = run.reason ? repeated + "; " + *run.reason : repeated;
		}
		std::optional<std::string> const skip = made_up ? std::nullopt : ReasonToSkip(pipeline, may_queue);
		if (skip) {
			run.status = "skipped";
			run.reason = run.reason ? *skip + "; " + *run.reason : *skip;
		}
		(void)catalog::InsertRun(pipeline, run);
	}
}

void
FireOne(const catalog::DuePipeline &due, TimestampTz now)
{
	ClockMemory const memory = PlannedAt(due.memory, now);
	std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(due.id);
	if (!pipeline || !pipeline->schedule || pipeline->parked) {
		catalog::SetNextDue(due.id, std::nullopt, memory);
		return;
	}
	OptionValues const options = catalog::ReadOptions(pipeline->options);
	Evaluation const evaluation = Evaluate(*pipeline, options, due.due, FollowClock(due.memory, now), now);
	if (!pipeline->paused && pipeline->status == "active") {
		if (!evaluation.problem.empty()) {
			InsertSkipped(*pipeline, due.due, "parked, its schedule cannot be evaluated: " + evaluation.problem);
		} else if (evaluation.due.plan) {
			InsertDueRuns(*pipeline, options, *evaluation.due.plan);
		}
	}
	catalog::SetNextDue(due.id, Instant(evaluation.due.next), memory);
}

// The clock was ahead when its next due time was computed.
void
PlanAgain(const catalog::DuePipeline &planned, TimestampTz now, TimestampTz clock_before)
{
	ClockMemory const memory = PlannedAt(planned.memory, now, clock_before);
	std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(planned.id);
	std::optional<TimestampTz> next;
	if (pipeline && pipeline->schedule && !pipeline->parked && !pipeline->paused && pipeline->status == "active") {
		try {
			next = Instant(Planner(*pipeline, memory, now).Following());
		} catch (const Error &error) {
			if (error.Info().from_postgres) {
				throw;
			}
			// Fired, it says why it is parked.
			next = now;
		}
	}
	catalog::SetNextDue(planned.id, next, memory);
}

} // namespace

void
FollowClockBack(SchedulerState &state, int64 set_back)
{
	std::optional<TimestampTz> clock_before;
	for (bool more = true; more;) {
		int planned = 0;
		TimestampTz const now = pg::Now();
		int const limit = kBatch + static_cast<int>(state.deferred.size());
		pg::InTransaction([&] {
			std::vector<catalog::DuePipeline> const later = catalog::LockPlannedLater(now, limit);
			more = later.size() == static_cast<size_t>(limit);
			if (!later.empty() && !clock_before) {
				clock_before = std::max(now + set_back, catalog::LatestPlan().value_or(now));
			}
			for (const catalog::DuePipeline &one : later) {
				if (planned == kBatch || IsDeferred(state, one.id)) {
					continue;
				}
				if (Isolated(state, one.id, Format("pipeline {} could not be planned again", one.id),
							 [&] { PlanAgain(one, now, *clock_before); })) {
					++planned;
				}
			}
			planned += catalog::HastenWaits(now);
		});
		if (planned > 0) {
			state.acted = true;
			std::string const by = clock_before && *clock_before > now
									   ? " by " + FormatDuration((*clock_before - now) / kSecond * kSecond) + " or more"
									   : std::string();
			Log(Format(
				"the clock of the server has been set back{}: {} pipelines, retries and waiting sources that were "
				"planned by it before are planned again",
				by, planned));
		}
		more = more && planned > 0;
	}
}

bool
FireDue(SchedulerState &state)
{
	if (!pg::Settings::enabled) {
		return false;
	}
	TimestampTz const now = pg::Now();
	int const limit = kBatch + static_cast<int>(state.deferred.size());
	size_t found = 0;
	int fired = 0;
	pg::InTransaction([&] {
		std::vector<catalog::DuePipeline> const due = catalog::LockDue(now, limit);
		found = due.size();
		for (const catalog::DuePipeline &one : due) {
			if (fired == kBatch || IsDeferred(state, one.id)) {
				continue;
			}
			if (Isolated(state, one.id, Format("pipeline {} could not be fired", one.id),
						 [&one, now] { FireOne(one, now); })) {
				++fired;
			}
		}
	});
	state.acted = state.acted || fired > 0;
	return fired > 0 && found == static_cast<size_t>(limit);
}

} // namespace sluice::worker
