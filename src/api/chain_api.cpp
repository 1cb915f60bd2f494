// batch_status, batch_nodes, wait_for_batch, retry_run.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "api/trigger.hpp"
#include "api/waiting.hpp"
#include "catalog/chain_store.hpp"
#include "catalog/chain_view.hpp"
#include "catalog/run_settle.hpp"
#include "catalog/statement.hpp"
#include "core/chain_rule.hpp"
#include "core/dependency_graph.hpp"
#include "core/sqlstate.hpp"
#include "core/uuid.hpp"
#include "pg/settings.hpp"
#include "worker/control.hpp"

namespace {

namespace api = sluice::api;
namespace catalog = sluice::catalog;
using sluice::Error;
using sluice::Format;
using sluice::pg::SqlValue;

sluice::catalog::RunRow
RunArgument(FunctionCallInfo fcinfo)
{
	return api::FindRunForUse(api::RequiredArgument(fcinfo, 0, "run", UUIDOID));
}

SqlValue
TimeText(std::optional<TimestampTz> at)
{
	return at ? SqlValue(sluice::pg::Call(timestamptz_to_str, *at)) : std::nullopt;
}

std::optional<std::string>
OutcomeOf(const catalog::ChainView &view)
{
	if (!view.Over()) {
		return std::nullopt;
	}
	std::vector<std::string> outcomes;
	for (const catalog::ChainMember &member : view.members) {
		outcomes.push_back(member.state);
	}
	return sluice::ChainOutcome(outcomes);
}

std::optional<TimestampTz>
EstimatedCompletion(const catalog::ChainView &view, TimestampTz now)
{
	std::vector<sluice::PathNode> left;
	for (const catalog::ChainMember &member : view.members) {
		if (member.over) {
			continue;
		}
		std::optional<int64_t> length = member.typical;
		if (length && member.state == "running" && member.current_start) {
			length = std::max<int64_t>(*length - (now - *member.current_start), 0);
		}
		left.push_back({member.pipeline_id, member.parents, length});
	}
	std::optional<int64_t> const longest = sluice::LongestPath(left);
	return longest ? std::optional<TimestampTz>(now + *longest) : std::nullopt;
}

Error
NotRetryable(const catalog::RunRow &run, const std::string &why, const std::string &hint)
{
	return Error(sluice::sqlstate::kObjectNotInPrerequisiteState, Format("run {} {}", run.id, why), hint);
}

// Another attempt is in order: the run is over and did not succeed.
void
RequireRetryable(const catalog::RunRow &last)
{
	if (last.status == "success") {
		throw NotRetryable(last, "succeeded", "trigger_pipeline starts another run.");
	}
	// A retry that a pause took away can be made after all.
	if (last.status == "skipped" && last.attempt == 1) {
		throw NotRetryable(last, "was skipped: " + last.reason.value_or(std::string("?")),
						   "Retry the run of the batch that failed or was stopped; or start a new one with "
						   "trigger_pipeline.");
	}
	std::optional<catalog::ChainNode> const node = catalog::FindNode(last.batch, last.pipeline_id, last.root_run);
	if (node && node->run == last.root_run && node->state == "queued" && node->fallback_run) {
		throw NotRetryable(last, Format("has a fallback that is not over: run {}", *node->fallback_run),
						   "Wait for it with wait_for_run, or stop it with stop_run.");
	}
}

bool
IsOver(const catalog::RunRow &run)
{
	return run.status != "pending" && run.status != "running";
}

// The last attempt, locked if it is over. Waits until the scheduler has drawn the consequences of its end, one of which
// may be another attempt.
catalog::RunRow
LockSettled(const catalog::RunRow &run)
{
	constexpr int64_t kPatience = 10'000;
	api::Deadline const deadline(kPatience);
	for (;;) {
		catalog::RunRow last = catalog::LockLastAttempt(run.root_run).value_or(run);
		if (!IsOver(last)) {
			return last;
		}
		// In this order: what the scheduler queued when it settled the end is there by then.
		if (catalog::IsSettled(run.root_run)) {
			if (catalog::LastAttempt(run.root_run).value_or(last.id) == last.id) {
				return last;
			}
			continue;
		}
		if (!deadline.WaitAWhile()) {
			throw NotRetryable(run, "has ended, but the scheduler has not dealt with its end yet",
							   "Try again; SELECT * FROM pipeline_health() tells whether a scheduler can start.");
		}
	}
}

// The run of that id, or the last one of the pipeline that is meant, if that failed or was stopped.
catalog::RunRow
RunToRetry(const std::string &identifier)
{
	if (sluice::ParseUuid(identifier)) {
		if (std::optional<catalog::RunRow> run = api::FindVisibleRun(identifier)) {
			return *std::move(run);
		}
		std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(identifier);
		if (!pipeline || !sluice::pg::Call(has_privs_of_role, GetUserId(), pipeline->owner_oid)) {
			// Whatever it may be the id of.
			throw catalog::NoSuchRun(identifier);
		}
	}
	catalog::Pipeline const pipeline = api::FindForUse(identifier);
	std::optional<std::string> const last = catalog::LastRunMade(pipeline.id);
	if (!last) {
		throw Error(sluice::sqlstate::kObjectNotInPrerequisiteState,
					Format("pipeline \"{}\" has no run that could be retried", pipeline.name),
					"trigger_pipeline starts one.");
	}
	return api::FindRunForUse(*last);
}

// Queues another attempt, or makes one that waits due now; returns its id.
std::string
Retry(const catalog::RunRow &run)
{
	std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(run.pipeline_id);
	if (!pipeline) {
		throw NotRetryable(run, "belongs to a pipeline that was dropped", "Only its history is left.");
	}
	// It may have got another owner since, as whom the attempt would run.
	(void)api::FindForUse(run.pipeline_id);
	api::RequirePreload("retry_run");
	api::RequireSwitchedOn(*pipeline);
	catalog::RunRow const last = LockSettled(run);
	bool const waits = last.status == "pending" && last.cause == "retry";
	bool const open = waits ? last.lost_before.has_value() : IsOver(last) && catalog::IsOutcomeOpen(last, *pipeline);
	// To find out whether the rows are at the destination server needs no resume.
	bool const only_look = open && (pipeline->paused || pipeline->status != "active");
	if (!only_look) {
		api::RequireStartable(*pipeline);
	}
	const char *look = only_look ? catalog::kOnlyLook : catalog::kLookFirst;
	std::string attempt;
	if (waits && catalog::HastenRetry(last.id, look)) {
		attempt = last.id;
	} else if (!IsOver(last)) {
		throw NotRetryable(last, "is not over", "Wait for it with wait_for_run, or stop it with stop_run.");
	} else {
		RequireRetryable(last);
		attempt =
			catalog::InsertRetry(last, sluice::pg::Now(), Format("retried by role \"{}\"", catalog::CurrentUserName()),
								 open ? std::optional<std::string>(look) : std::nullopt);
		catalog::NoteRetried(last);
	}
	sluice::worker::PokeAtCommit();
	return attempt;
}

Datum
WaitForBatch(FunctionCallInfo fcinfo)
{
	catalog::RunRow const run = RunArgument(fcinfo);
	api::Deadline const deadline(api::MillisecondsArgument(fcinfo, 1));
	if (run.from_this_transaction && (run.status == "pending" || run.status == "running")) {
		throw api::StartsAfterCommit(run);
	}
	std::optional<std::string> outcome = OutcomeOf(catalog::LookAtChain(run, GetUserId()));
	if (!outcome) {
		api::RequirePreload("wait_for_batch");
	}
	while (!outcome && deadline.WaitAWhile()) {
		outcome = OutcomeOf(catalog::LookAtChain(run, GetUserId()));
	}
	return outcome ? api::Result(*outcome, TEXTOID) : api::NullResult(fcinfo);
}

} // namespace

SLUICE_FUNCTION(sluice_batch_status)
{
	catalog::RunRow const run = RunArgument(fcinfo);
	catalog::ChainView const view = catalog::LookAtChain(run, GetUserId());
	std::optional<std::string> const outcome = OutcomeOf(view);
	std::vector<SqlValue> current;
	std::vector<SqlValue> failed;
	std::optional<TimestampTz> started;
	std::optional<TimestampTz> ended;
	int completed = 0;
	for (const catalog::ChainMember &member : view.members) {
		completed += member.over ? 1 : 0;
		if (member.visible && !member.over && member.state != "waiting") {
			current.emplace_back(member.current);
		}
		if (member.visible && member.state == sluice::outcome::kFailed) {
			failed.emplace_back(member.name);
		}
		if (member.start && (!started || *member.start < *started)) {
			started = member.start;
		}
		if (outcome && member.end && (!ended || *member.end > *ended)) {
			ended = member.end;
		}
	}
	return api::RecordResult(fcinfo, {run.batch, outcome.value_or("running"), std::to_string(completed),
									  std::to_string(view.members.size()), catalog::TextArray(current),
									  catalog::TextArray(failed), TimeText(started), TimeText(ended),
									  outcome ? std::nullopt : TimeText(EstimatedCompletion(view, sluice::pg::Now()))});
}

SLUICE_FUNCTION(sluice_batch_nodes)
{
	catalog::ChainView const view = catalog::LookAtChain(RunArgument(fcinfo), GetUserId());
	std::map<std::string, std::string> names;
	for (const catalog::ChainMember &member : view.members) {
		names[member.pipeline_id] = member.visible ? member.name : member.pipeline_id;
	}
	std::vector<std::vector<SqlValue>> rows;
	for (const catalog::ChainMember &member : view.members) {
		if (!member.visible) {
			continue;
		}
		std::vector<SqlValue> parents;
		for (const std::string &parent : member.parents) {
			parents.emplace_back(names[parent]);
		}
		rows.push_back({member.name, member.pipeline_id, member.state, member.reason, catalog::TextArray(parents),
						member.rule, member.run, member.fallback_run, TimeText(member.start),
						member.over ? TimeText(member.end) : std::nullopt});
	}
	return api::RowsResult(fcinfo, rows);
}

SLUICE_FUNCTION(sluice_wait_for_batch)
{
	return WaitForBatch(fcinfo);
}

SLUICE_FUNCTION(sluice_wait_for_batch_of_texts)
{
	api::ReadTextArguments(fcinfo, {{1, INTERVALOID}});
	return WaitForBatch(fcinfo);
}

SLUICE_FUNCTION(sluice_retry_run)
{
	return api::Result(Retry(RunToRetry(api::RequiredArgument(fcinfo, 0, "run", UUIDOID))), UUIDOID);
}

SLUICE_FUNCTION(sluice_retry_pipeline)
{
	return api::Result(Retry(RunToRetry(api::RequiredArgument(fcinfo, 0, "pipeline"))), UUIDOID);
}
