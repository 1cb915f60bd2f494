// trigger_pipeline, trigger_and_wait, wait_for_run, run_pipeline, run_pipelines, run_context.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "api/transaction_state.hpp"
#include "api/trigger.hpp"
#include "api/waiting.hpp"
#include "catalog/run_store.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "pg/run_context.hpp"
#include "worker/control.hpp"
#include "worker/run_setup.hpp"

namespace {

namespace api = sluice::api;
using sluice::Error;

// what: "run_pipeline" and the like.
sluice::catalog::Pipeline
FindToRunHere(const std::string &identifier, const char *what)
{
	sluice::catalog::Pipeline found = api::FindForUse(identifier);
	if (!sluice::worker::IsSessionOf(found.owner_oid)) {
		throw Error(
			sluice::sqlstate::kInsufficientPrivilege,
			sluice::Format("{} runs pipeline \"{}\" only for its owner, connected as role \"{}\"", what, found.name,
						   found.owner),
			GetUserId() == found.owner_oid
				? "SET ROLE and SET SESSION AUTHORIZATION do not do, because the code that runs could take them "
				  "back. Connect as the owner, or use trigger_pipeline: a worker runs it as its owner."
				: "Use trigger_pipeline: a worker runs it as its owner, whoever triggers it.");
	}
	api::RequireStartable(found);
	if (std::optional<std::string> const reason = api::RunInTheWay(found)) {
		throw Error(sluice::sqlstate::kObjectInUse, *reason,
					"Wait for it with wait_for_run, or stop it with stop_run.");
	}
	return found;
}

// Returns the id of the run.
std::string
RunHere(const sluice::catalog::Pipeline &pipeline, const std::string &context)
{
	sluice::catalog::NewRun run;
	run.status = "running";
	run.if_running = "error";
	run.context = context;
	run.triggered_by = pipeline.owner;
	std::string id = sluice::catalog::InsertRun(pipeline, run);
	sluice::worker::ExecuteInCaller(pipeline, id, context);
	return id;
}

// The status of a run that this session has committed; nothing when the deadline comes first.
std::optional<std::string>
AwaitCommitted(const std::string &run, const api::Deadline &deadline)
{
	try {
		std::optional<std::string> status;
		do {
			status = sluice::catalog::AwaitedStatus(run);
			// Ends the transaction that has looked: nothing is held while we wait.
			sluice::pg::Call(api::leaf::CommitAndGoOn);
		} while (!status && deadline.WaitAWhile());
		return status;
	} catch (const Error &error) {
		// A cancel or a statement_timeout: the run goes on, and only we know which one it is.
		throw error.WithContext(sluice::Format("waiting for run {}", run));
	}
}

Datum
WaitForRun(FunctionCallInfo fcinfo)
{
	sluice::catalog::RunRow const run = api::FindRunForUse(api::RequiredArgument(fcinfo, 0, "run", UUIDOID));
	api::Deadline const deadline(api::MillisecondsArgument(fcinfo, 1));
	if (run.from_this_transaction && (run.status == "pending" || run.status == "running")) {
		throw api::StartsAfterCommit(run);
	}
	std::optional<std::string> status = sluice::catalog::AwaitedStatus(run.root_run);
	if (!status) {
		api::RequirePreload("wait_for_run");
	}
	while (!status && deadline.WaitAWhile()) {
		status = sluice::catalog::AwaitedStatus(run.root_run);
	}
	return status ? api::Result(*status, TEXTOID) : api::NullResult(fcinfo);
}

} // namespace

SLUICE_PIPELINE_FUNCTION(sluice_trigger_pipeline)
{
	api::TriggerRequest request;
	request.context = api::ContextArgument(fcinfo, 1);
	request.if_running = api::ReadIfRunning(api::RequiredArgument(fcinfo, 2, "if_running"));
	if (!PG_ARGISNULL(3)) {
		request.dependents = api::FlagArgument(fcinfo, 3, false);
	}
	request.if_paused = api::ReadIfPaused(api::RequiredArgument(fcinfo, 4, "if_paused"));
	return api::Result(api::Trigger(pipeline, request, "trigger_pipeline"), UUIDOID);
}

SLUICE_TEXTS_FUNCTION(sluice_trigger_pipeline, {1, JSONBOID})

SLUICE_PIPELINE_FUNCTION(sluice_trigger_and_wait)
{
	if (!api::leaf::MayCommit(fcinfo)) {
		throw Error(
			sluice::sqlstate::kActiveSqlTransaction, "trigger_and_wait cannot run inside a transaction block",
			"It has to commit before a worker can start. Call it by itself, or call trigger_pipeline, COMMIT, and "
			"then wait_for_run.");
	}
	api::TriggerRequest request;
	request.context = api::ContextArgument(fcinfo, 1);
	std::optional<int64_t> const timeout = api::MillisecondsArgument(fcinfo, 2);
	bool const raise_error = api::FlagArgument(fcinfo, 5, true);
	api::Deadline const deadline(timeout);
	std::string const run = api::Trigger(pipeline, request, "trigger_and_wait");
	sluice::pg::Call(api::leaf::CommitAndGoOn);
	std::optional<std::string> const status = AwaitCommitted(run, deadline);
	if (raise_error && !status) {
		throw api::NotOver(run, *timeout);
	}
	if (raise_error && *status != "success") {
		throw api::DidNotSucceed(run);
	}
	return api::RecordResult(fcinfo, {run, status});
}

SLUICE_TEXTS_FUNCTION(sluice_trigger_and_wait, {1, JSONBOID}, {2, INTERVALOID})

SLUICE_FUNCTION(sluice_wait_for_run)
{
	return WaitForRun(fcinfo);
}

SLUICE_FUNCTION(sluice_wait_for_run_of_texts)
{
	api::ReadTextArguments(fcinfo, {{1, INTERVALOID}});
	return WaitForRun(fcinfo);
}

SLUICE_PIPELINE_FUNCTION(sluice_run_pipeline)
{
	std::string const context = api::ContextArgument(fcinfo, 1);
	return api::RecordResult(fcinfo, {RunHere(FindToRunHere(pipeline, "run_pipeline"), context)});
}

SLUICE_TEXTS_FUNCTION(sluice_run_pipeline, {1, JSONBOID})

SLUICE_FUNCTION(sluice_run_pipelines)
{
	constexpr const char *kName = "run_pipelines";
	std::vector<std::string> const pipelines = api::RequiredListArgument(fcinfo, 0, "pipelines");
	std::string const context = api::ContextArgument(fcinfo, 1);
	// What cannot start is told before the first one has loaded.
	for (const std::string &pipeline : pipelines) {
		(void)FindToRunHere(pipeline, kName);
	}
	std::string runs;
	for (const std::string &pipeline : pipelines) {
		// Anew: those before it may have run code that changes it.
		sluice::catalog::Pipeline const found = FindToRunHere(pipeline, kName);
		try {
			runs += (runs.empty() ? "" : ",") + RunHere(found, context);
		} catch (const Error &error) {
			throw error.WithContext(sluice::Format("run of pipeline \"{}\"", found.name));
		}
	}
	return api::RecordResult(fcinfo, {"{" + runs + "}"});
}

SLUICE_FUNCTION(sluice_run_context)
{
	return api::Result(sluice::pg::RunContext(), JSONBOID);
}
