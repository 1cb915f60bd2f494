// What is due becomes a queued run, or a row that says why not.
#include "core/cron.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "pg/zone.hpp"
#include "worker/control.hpp"
#include "worker/log.hpp"
#include "worker/run_locks_leaf.hpp"
#include "worker/scheduler.hpp"

namespace sluice::worker {

namespace {

// Later than this is told in the run's reason.
constexpr int64 kLate = 5 * 60 * USECS_PER_SEC;

std::optional<TimestampTz>
NextDue(const catalog::Pipeline &pipeline, TimestampTz after)
{
	if (!pipeline.schedule) {
		return std::nullopt;
	}
	pg::PgZone const zone = pg::PgZone::Find(pipeline.timezone);
	std::optional<int64_t> const next = Cron::Parse(*pipeline.schedule).NextAfter(pg::UnixSeconds(after), zone);
	return next ? std::optional<TimestampTz>(pg::TimestampFromUnixSeconds(*next)) : std::nullopt;
}

struct Evaluation {
	std::optional<TimestampTz> next;
	std::string problem; // why the schedule has no meaning any more
};

Evaluation
Evaluate(const catalog::Pipeline &pipeline, TimestampTz after)
{
	try {
		return {NextDue(pipeline, after), std::string()};
	} catch (const Error &error) {
		// Without PostgreSQL's hand in it the transaction is sound; else the whole pipeline is deferred.
		if (error.Info().from_postgres) {
			throw;
		}
		return {std::nullopt, Redact(error.what())};
	}
}

// Why a run that is due cannot be queued; nothing when it can.
std::optional<std::string>
ReasonToSkip(const catalog::Pipeline &pipeline)
{
	if (std::optional<std::string> const run = catalog::ActiveRun(pipeline.id)) {
		return Format("run {} of this pipeline was not over", *run);
	}
	if (IsLocked(pipeline.id)) {
		return std::string("a CALL run_pipeline of another session was not over");
	}
	if (pg::Settings::single_run) {
		if (std::optional<std::string> const run = catalog::ActiveRun(std::string())) {
			return Format("pg_sluice.single_run is on and run {} was not over", *run);
		}
		if (pg::Call(leaf::IsDatabaseLocked)) {
			return std::string("pg_sluice.single_run is on and a CALL run_pipeline of another session was not over");
		}
	}
	return std::nullopt;
}

void
FireOne(const catalog::DuePipeline &due, TimestampTz now)
{
	std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(due.id);
	if (!pipeline || !pipeline->schedule) {
		catalog::SetNextDue(due.id, std::nullopt);
		return;
	}
	catalog::NewRun run;
	run.cause = "schedule";
	run.due_at = due.due;
	Evaluation const evaluation = Evaluate(*pipeline, std::max(now, due.due));
	if (!evaluation.problem.empty()) {
		run.status = "skipped";
		run.reason = "parked, its schedule cannot be evaluated: " + evaluation.problem;
	}
	bool const at_rest = pipeline->paused || pipeline->status != "active";
	if (!at_rest) {
		if (!run.reason) {
			run.reason = ReasonToSkip(*pipeline);
			if (run.reason) {
				run.status = "skipped";
			} else if (now - due.due > kLate) {
				run.reason =
					"late: no scheduler could fire it at its due time; due times since then are not made up for";
			}
		}
		(void)catalog::InsertRun(*pipeline, run);
	}
	catalog::SetNextDue(due.id, evaluation.next);
}

} // namespace

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
