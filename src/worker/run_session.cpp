#include "worker/run_session.hpp"

#include "catalog/pipeline_columns.hpp"
#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "pg/guard.hpp"
#include "pg/run_context.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/live_runs.hpp"
#include "worker/own_slot.hpp"
#include "worker/run_locks.hpp"
#include "worker/run_scope.hpp"
#include "worker/run_setup.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

// The row of its watermark is locked: who alters the pipeline waits for this commit, or was before it.
void
RequireSameEnds(const catalog::Pipeline &pipeline)
{
	std::optional<catalog::Pipeline> const now = catalog::FindPipeline(pipeline.id);
	if (!now || catalog::Differ(*now, pipeline, catalog::kBetween)) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("pipeline \"{}\" reads from or loads into something else now", pipeline.name),
					"It was altered. What this run had committed stays; trigger it again.");
	}
}

} // namespace

bool
SessionLocks::Take(const catalog::Pipeline &pipeline)
{
	pipeline_ = UuidFromText(pipeline.id);
	single_run_ = pg::Settings::single_run;
	held_ = pg::Call(leaf::TakeRunLocks, &pipeline_, single_run_, leaf::LockSpan::Session) == leaf::LockOutcome::Taken;
	return held_;
}

bool
SessionLocks::Renew()
{
	return pg::Call(leaf::RenewRunLocks, &pipeline_, single_run_) == leaf::LockOutcome::Taken;
}

void
SessionLocks::LeaveToTransaction()
{
	if (std::exchange(held_, false)) {
		pg::Call(leaf::LeaveRunLocksToTransaction, &pipeline_, single_run_);
	}
}

RunSession::RunSession(const engine::RunRequest &request, const std::string &context, SessionLocks *locks,
					   RunJournal &journal, catalog::RunCounters *counters)
	: request_(request), context_(context), locks_(locks), journal_(journal), counters_(counters),
	  load_(request, journal, counters)
{}

void
RunSession::Run()
{
	for (bool first = true, over = false; !over; first = false) {
		catalog::RunCounters const committed = *counters_;
		try {
			pg::InTransaction([&] { over = LoadChunk(); });
			if (!change_.empty()) {
				ChangeDestination();
				continue;
			}
		} catch (...) {
			// The only chunk tells how far it had come; rows beside others that are there to stay would be taken for
			// loaded.
			if (!first) {
				*counters_ = committed;
			}
			counters_->watermark_after = committed.watermark_after;
			throw;
		}
		if (!over) {
			GoOn();
		}
	}
}

bool
RunSession::LoadChunk()
{
	journal_.EnterPhase(RunPhase::Preparing);
	OptionValues const options = catalog::ReadOptions(request_.pipeline.options);
	// Of a run that ends, all chunks together.
	int64_t const passed = request_.pipeline.IsContinuous() ? 0 : SteadyNow() - begun_;
	TimeLimit const limit(options.DurationMicroseconds("timeout"), passed);
	try {
		return Load(options);
	} catch (const Error &error) {
		if (limit.Explains(error)) {
			throw limit.Exceeded();
		}
		throw;
	}
}

bool
RunSession::Load(const OptionValues &options)
{
	const catalog::Pipeline &pipeline = request_.pipeline;
	CheckIdentity(pipeline);
	if (!request_.root_run.empty() && (options.IsGiven("before_sql") || options.IsGiven("after_sql"))) {
		// Its statements leave more in a session than can be taken back.
		pg::Call(leaf::TakeNoOther);
	}
	TakeLocks(pipeline);
	int const level = PinRunSettings(pipeline, options, &journal_);
	engine::ChunkResult chunk;
	{
		pg::RunContextScope const scope(context_);
		chunk = load_.LoadChunk();
		journal_.EnterPhase(RunPhase::Finishing);
		if (!request_.root_run.empty()) {
			pg::Call(leaf::FireDeferredTriggers);
		}
	}
	if (!chunk.change.empty()) {
		change_ = std::move(chunk.change);
		pg::Call(leaf::UnpinSettings, level);
		return false;
	}
	if (OidIsValid(chunk.created)) {
		// Not before: its lock is in the way of everybody who looks for more than rows.
		catalog::RememberCreatedRelation(pipeline.id, chunk.created);
	}
	bool const recorded =
		chunk.over ? catalog::FinishRun(request_.run_id, "success", chunk.reason, std::nullopt, *counters_, journal_)
				   : catalog::RecordChunk(request_.run_id, *counters_, journal_);
	if (!recorded) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("run {} of pipeline \"{}\" has ended or is being deleted", request_.run_id, pipeline.name),
					"Nothing was loaded. Look whether the pipeline is being dropped.");
	}
	if (counters_->watermark_after || counters_->watermark_move) {
		RequireSameEnds(pipeline);
	}
	if (chunk.over && locks_ != nullptr) {
		locks_->LeaveToTransaction();
	}
	pg::Call(leaf::UnpinSettings, level);
	if (chunk.elsewhere) {
		// From here to the local commit a crash leaves it open whether the rows are there; the phase says so.
		journal_.EnterPhase(RunPhase::Committing);
		if (request_.progress != nullptr) {
			request_.progress({*counters_, RunPhase::Committing, 0});
		}
		chunk.elsewhere->Commit();
	}
	return chunk.over;
}

// In a transaction of its own, so that its lock is gone before the rows are read. What was altered stays, whatever
// becomes of the run. Where somebody else changes the source's columns all the while, the next run goes on.
void
RunSession::ChangeDestination()
{
	if (changed_) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					"the destination was altered, and the source's columns "
					"are others again",
					"Run the pipeline again.");
	}
	changed_ = true;
	pg::InTransaction([&] {
		const catalog::Pipeline &pipeline = request_.pipeline;
		OptionValues const options = catalog::ReadOptions(pipeline.options);
		CheckIdentity(pipeline);
		int const level = PinRunSettings(pipeline, options, nullptr);
		load_.ChangeDestination(change_);
		pg::Call(leaf::UnpinSettings, level);
	});
	change_.clear();
}

// Between two chunks.
void
RunSession::GoOn()
{
	journal_.BeginChunk();
	if (request_.pipeline.IsContinuous()) {
		journal_.EnterPhase(RunPhase::WaitingForRows);
		if (request_.progress != nullptr) {
			request_.progress({*counters_, RunPhase::WaitingForRows, 0});
		}
		load_.AwaitMore();
	}
	pg::Call(leaf::ReloadIfAsked);
}

} // namespace sluice::worker
