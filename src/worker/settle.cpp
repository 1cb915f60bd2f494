// The consequences of runs that have ended: another attempt, a source that is left alone for a while, a
// pipeline that is paused. One process draws them, one run after the other.
#include "catalog/pipeline_options.hpp"
#include "catalog/run_settle.hpp"
#include "core/retry_policy.hpp"
#include "core/steady_clock.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/chains.hpp"
#include "worker/live_runs.hpp"
#include "worker/log.hpp"
#include "worker/scheduler.hpp"

namespace sluice::worker {

namespace {

constexpr int64 kSettleTime = 100 * USECS_PER_SEC / 1000;

double
Random()
{
	uint32 bits = 0;
	// Without randomness all wait equally long, which does no harm.
	(void)pg_strong_random(&bits, sizeof(bits));
	return static_cast<double>(bits) / (static_cast<double>(UINT32_MAX) + 1);
}

int
ErrorState(const catalog::RunRow &run)
{
	return run.error_sqlstate ? SqlStateFromText(*run.error_sqlstate) : 0;
}

void
SettleSource(const catalog::RunRow &run)
{
	if (!run.source) {
		return;
	}
	catalog::SourceAccess const access{*run.source, run.owner_oid};
	// Whatever became of it then: the source has sent something.
	bool const reached = HasReachedSource(run.phase);
	if (run.status == "success" || (reached && !IsSourceOutage(ErrorState(run)))) {
		catalog::EndOutage(access);
		return;
	}
	if (run.status != "failed" || !IsSourceOutage(ErrorState(run))) {
		return;
	}
	int const failures = catalog::CountOutage(access, run.id);
	std::optional<int64_t> const delay =
		OutageDelay(failures, pg::Settings::source_failures, pg::Settings::source_wait * USECS_PER_SEC,
					pg::Settings::source_max_wait * USECS_PER_SEC);
	if (delay) {
		catalog::LetSourceWait(access, pg::Now() + *delay);
		if (failures == pg::Settings::source_failures) {
			Log(Format("data source \"{}\" could not be reached {} times in a row: the pipelines of {} wait",
					   *run.source, failures, RoleText(run.owner_oid)));
		}
	}
}

// True when another attempt is queued. One whose outcome is unknown gets one whatever its options say; that one loads
// only where the options want another attempt.
bool
Retry(const catalog::RunRow &run, const catalog::Pipeline &pipeline, const OptionValues &options)
{
	bool const may_load = pipeline.status == "active" && !pipeline.paused;
	bool const unknown = catalog::IsOutcomeOpen(run, pipeline);
	RetryPolicy const policy{static_cast<int>(options.Integer("max_retries")),
							 options.DurationMicroseconds("retry_delay"),
							 options.DurationMicroseconds("retry_max_delay")};
	bool const failed = may_load && run.status == "failed" && run.lost_before != catalog::kOnlyLook;
	std::optional<int64_t> const delay =
		failed ? RetryDelay(policy, ErrorState(run), run.attempt, Random()) : std::nullopt;
	if (delay) {
		(void)catalog::InsertRetry(
			run, pg::Now() + *delay,
			Format("retry {} of {}, after error {}", run.attempt, policy.max_retries, *run.error_sqlstate),
			unknown ? std::optional<std::string>(catalog::kLookFirst) : std::nullopt);
		return true;
	}
	std::optional<int64_t> const look = unknown ? LookDelay(policy, run.attempt, Random()) : std::nullopt;
	if (!look) {
		if (unknown) {
			catalog::NoteOutcomeOpen(run.id,
									 "whether the rows of this run are at its destination server is not known, and "
									 "could not be found out; retry_run looks before it loads");
		}
		return false;
	}
	(void)catalog::InsertRetry(run, pg::Now() + *look,
							   Format("asks destination \"{}\" whether the run was committed there",
									  pipeline.destination.value_or(std::string("?"))),
							   catalog::kOnlyLook);
	return true;
}

void
SettleFailure(const catalog::RunRow &run, const OptionValues &options)
{
	int const failures = catalog::CountFailure(run.pipeline_id);
	int64_t const tolerated = options.Integer("pause_after_failures");
	if (tolerated > 0 && failures >= tolerated &&
		catalog::PauseForFailures(run.pipeline_id, Format("{} failed runs in a row, the last one with: {}", failures,
														  run.error_message.value_or(std::string())))) {
		Log(Format("pipeline \"{}\" is paused after {} failed runs in a row", run.pipeline_name, failures));
	}
}

void
Draw(const catalog::EndedRun &ended)
{
	std::optional<catalog::RunRow> const run = catalog::FindRun(ended.id);
	if (!run) {
		GoOnWithout(ended);
		return;
	}
	if (catalog::HasLaterAttempt(*run)) {
		// Its end is settled; somebody has queued another attempt by hand.
		ReopenChain(*run);
		return;
	}
	SettleSource(*run);
	bool const may_follow = run->status == "failed" || run->status == "stopped";
	std::optional<catalog::Pipeline> const pipeline =
		may_follow ? catalog::FindPipeline(run->pipeline_id) : std::nullopt;
	if (pipeline) {
		OptionValues const options = catalog::ReadOptions(pipeline->options);
		if (Retry(*run, *pipeline, options)) {
			return;
		}
		if (run->status == "failed") {
			SettleFailure(*run, options);
		}
	}
	GoOnAfter(*run);
}

void
SettleOne(const catalog::EndedRun &ended)
{
	if (!ended.drawn) {
		Draw(ended);
	}
	if (FollowChain(ended.batch, kBatch)) {
		catalog::ForgetEnded({ended.id});
	} else {
		catalog::NoteDrawn(ended.id);
	}
}

} // namespace

bool
SettleEnded(SchedulerState &state)
{
	bool any = false;
	bool in_pass = false; // this pass has settled something
	SteadyTime const until = SteadyNow() + kSettleTime;
	state.more_to_settle = false;
	for (;;) {
		int found = 0;
		int settled = 0;
		bool const whole = !state.settled_to;
		std::vector<std::string> plain;
		pg::InTransaction([&] {
			for (const catalog::EndedRun &ended : catalog::LockEnded(kBatch, state.settled_to)) {
				++found;
				state.settled_to = ended.id;
				if (ended.plain) {
					plain.push_back(ended.id);
					++settled;
				} else if (!IsDeferred(state, ended.id) &&
						   Isolated(state, ended.id, Format("the end of run {} could not be settled", ended.id),
									[&ended] { SettleOne(ended); })) {
					++settled;
				}
			}
			if (!plain.empty()) {
				// Nothing follows from them. A long queue of small runs consists of these.
				catalog::ForgetEnded(plain);
			}
		});
		if (settled > 0) {
			state.acted = any = in_pass = true;
			// Those who wait for a run wait for its last attempt.
			pg::Call(leaf::AnnounceChange);
		}
		if (found < kBatch) {
			state.settled_to.reset();
			// Another pass for what this one has left; one look that left nothing needs none.
			if (!std::exchange(in_pass, false) || (whole && plain.size() == static_cast<size_t>(found))) {
				return any;
			}
		}
		if (SteadyNow() >= until) {
			// What is due and what is queued need not wait for a batch of thousands.
			state.more_to_settle = true;
			return any;
		}
	}
}

} // namespace sluice::worker
