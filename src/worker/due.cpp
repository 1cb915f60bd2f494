// What is due becomes a queued run, or a row that says why not.
#include "catalog/clock_steps.hpp"
#include "catalog/pipeline_options.hpp"
#include "catalog/pipeline_schedule.hpp"
#include "catalog/run_queue.hpp"
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
	DuePlan plan;
	std::string problem;  // why the schedule has no meaning any more
	bool nothing = false; // no due time has come
};

// Without those that have had their runs while the clock was ahead.
NextDueFunction
NextUnserved(const catalog::DueTimes &due_times, catalog::ServedInstants &served)
{
	return [&due_times, &served](int64_t after) {
		std::optional<TimestampTz> at = due_times.After(pg::TimestampFromUnixSeconds(after));
		while (at && served.Has(*at)) {
			at = due_times.After(*at);
		}
		return at ? std::optional<int64_t>(pg::UnixSeconds(*at)) : std::nullopt;
	};
}

Evaluation
Evaluate(const catalog::Pipeline &pipeline, const OptionValues &options, const catalog::DuePipeline &stored,
		 TimestampTz now)
{
	try {
		catalog::DueTimes const due_times(pipeline);
		catalog::ServedInstants served(stored.id, stored.served_until);
		NextDueFunction const next = NextUnserved(due_times, served);
		TimestampTz due = stored.due;
		if (served.Has(due)) {
			std::optional<int64_t> const first = next(pg::UnixSeconds(due));
			due = first ? pg::TimestampFromUnixSeconds(*first) : DT_NOEND;
			if (due > now) {
				return {DuePlan{.next = first}, std::string(), true};
			}
		}
		std::string const on_missed = options.Text("on_missed");
		OnMissed const policy = on_missed == "run_all" ? OnMissed::RunAll
								: on_missed == "skip"  ? OnMissed::Skip
													   : OnMissed::RunOnce;
		return {PlanDue(pg::UnixSeconds(due), pg::UnixSeconds(now), policy, next), std::string(), false};
	} catch (const Error &error) {
		// Without PostgreSQL's hand in it the transaction is sound; else the whole pipeline is deferred.
		if (error.Info().from_postgres) {
			throw;
		}
		return {DuePlan{}, Redact(error.what()), false};
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
		if (std::optional<std::string> const queued = catalog::QueuedRun(pipeline.id)) {
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
	std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(due.id);
	if (!pipeline || !pipeline->schedule || pipeline->parked) {
		catalog::SetNextDue(due.id, std::nullopt);
		return;
	}
	OptionValues const options = catalog::ReadOptions(pipeline->options);
	Evaluation const evaluation = Evaluate(*pipeline, options, due, now);
	if (!pipeline->paused && pipeline->status == "active" && !evaluation.nothing) {
		if (!evaluation.problem.empty()) {
			InsertSkipped(*pipeline, due.due, "parked, its schedule cannot be evaluated: " + evaluation.problem);
		} else {
			InsertDueRuns(*pipeline, options, evaluation.plan);
		}
	}
	std::optional<int64_t> const &next = evaluation.plan.next;
	catalog::SetNextDue(due.id, next ? std::optional<TimestampTz>(pg::TimestampFromUnixSeconds(*next)) : std::nullopt);
}

// The clock was ahead when its next due time was computed.
void
PlanAgain(const catalog::DuePipeline &planned, TimestampTz now)
{
	std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(planned.id);
	std::optional<TimestampTz> next;
	if (pipeline && pipeline->schedule && !pipeline->parked && !pipeline->paused && pipeline->status == "active") {
		try {
			catalog::DueTimes const due_times(*pipeline);
			catalog::ServedInstants served(planned.id, planned.served_until);
			std::optional<int64_t> const at = NextUnserved(due_times, served)(pg::UnixSeconds(now));
			next = at ? std::optional(pg::TimestampFromUnixSeconds(*at)) : std::nullopt;
		} catch (const Error &error) {
			if (error.Info().from_postgres) {
				throw;
			}
			// Fired, it says why it is parked.
			next = now;
		}
	}
	catalog::SetNextDue(planned.id, next);
}

} // namespace

void
FollowClockBack(SchedulerState &state)
{
	for (bool more = true; more;) {
		int planned = 0;
		TimestampTz const now = pg::Now();
		int const limit = kBatch + static_cast<int>(state.deferred.size());
		TimestampTz latest = now;
		pg::InTransaction([&] {
			std::vector<catalog::DuePipeline> const later = catalog::LockPlannedLater(now, limit);
			more = later.size() == static_cast<size_t>(limit);
			for (const catalog::DuePipeline &one : later) {
				if (planned == kBatch || IsDeferred(state, one.id)) {
					continue;
				}
				if (Isolated(state, one.id, Format("pipeline {} could not be planned again", one.id),
							 [&one, now] { PlanAgain(one, now); })) {
					++planned;
					latest = std::max(latest, *one.served_until);
				}
			}
			planned += catalog::HastenWaits(now);
		});
		if (planned > 0) {
			state.acted = true;
			std::string const by =
				latest > now ? " by " + FormatDuration((latest - now) / kSecond * kSecond) + " or more" : std::string();
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
