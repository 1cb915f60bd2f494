#include "api/trigger.hpp"

#include "api/rights.hpp"
#include "catalog/run_store.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"
#include "worker/control.hpp"

namespace sluice::api {

IfRunning
ReadIfRunning(const std::string &text)
{
	if (text == "error") {
		return IfRunning::Error;
	}
	if (text == "skip") {
		return IfRunning::Skip;
	}
	if (text == "queue") {
		return IfRunning::Queue;
	}
	throw Error(sqlstate::kInvalidParameterValue, Format("invalid value for if_running: \"{}\"", text),
				"It can be error, skip, queue.");
}

IfPaused
ReadIfPaused(const std::string &text)
{
	if (text == "error") {
		return IfPaused::Error;
	}
	if (text == "skip") {
		return IfPaused::Skip;
	}
	throw Error(sqlstate::kInvalidParameterValue, Format("invalid value for if_paused: \"{}\"", text),
				"It can be error, skip.");
}

void
RequireSwitchedOn(const catalog::Pipeline &pipeline)
{
	if (!pg::Settings::enabled) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState, "runs are switched off on this server",
					"Set pg_sluice.enabled = on and reload the configuration.");
	}
	if (pipeline.parked) {
		throw Error(sqlstate::kPipelineParked, Format("pipeline \"{}\" is parked", pipeline.name), kAdoptHint,
					"It was defined in another database, of which this one is a copy.");
	}
}

namespace {

void
RequireActive(const catalog::Pipeline &pipeline)
{
	RequireSwitchedOn(pipeline);
	if (pipeline.status != "active") {
		throw Error(sqlstate::kObjectNotInPrerequisiteState, Format("pipeline \"{}\" is inactive", pipeline.name),
					"Complete it and set status => 'active' with alter_pipeline.");
	}
}

} // namespace

void
RequireStartable(const catalog::Pipeline &pipeline)
{
	RequireActive(pipeline);
	if (pipeline.paused) {
		throw Error(sqlstate::kPipelinePaused, Format("pipeline \"{}\" is paused", pipeline.name),
					"End the pause with resume_pipeline.", pipeline.paused_reason.value_or(std::string()));
	}
}

std::optional<std::string>
RunInTheWay(const catalog::Pipeline &pipeline)
{
	if (!worker::WorkersExist()) {
		// Rows may be left from a time with workers. The locks that every run takes know better.
		return std::nullopt;
	}
	if (std::optional<std::string> const run = catalog::ActiveRun(pipeline.id)) {
		return Format("pipeline \"{}\" already has a queued or running run: {}", pipeline.name, *run);
	}
	if (pg::Settings::single_run) {
		if (std::optional<std::string> const run = catalog::ActiveRun(std::string())) {
			return Format("pg_sluice.single_run is on and another run is queued or running: {}", *run);
		}
	}
	return std::nullopt;
}

std::string
QueueApart(const catalog::Pipeline &pipeline, catalog::NewRun run)
{
	run.dependents = false;
	run.triggered_by = catalog::CurrentUserName();
	run.reason = RunInTheWay(pipeline);
	std::string id = catalog::InsertRun(pipeline, run);
	worker::PokeAtCommit();
	return id;
}

std::string
Trigger(const std::string &identifier, const TriggerRequest &request, const char *what)
{
	catalog::Pipeline const pipeline = FindForUse(identifier);
	RequirePreload(what);
	RequireActive(pipeline);
	catalog::NewRun run;
	run.context = request.context;
	run.dependents = request.dependents.value_or(pipeline.depends_on.empty());
	run.triggered_by = catalog::CurrentUserName();
	switch (request.if_running) {
	case IfRunning::Error:
		run.if_running = "error";
		break;
	case IfRunning::Skip:
		run.if_running = "skip";
		break;
	case IfRunning::Queue:
		run.if_running = "queue";
		break;
	}
	if (pipeline.paused && request.if_paused == IfPaused::Skip) {
		run.status = "skipped";
		run.reason = pipeline.paused_reason ? "paused: " + *pipeline.paused_reason : "paused";
		return catalog::InsertRun(pipeline, run);
	}
	RequireStartable(pipeline);
	run.reason = RunInTheWay(pipeline);
	if (run.reason && request.if_running == IfRunning::Error) {
		throw Error(sqlstate::kObjectInUse, *run.reason,
					"Wait for it with wait_for_run, stop it with stop_run, or say if_running => 'queue' or 'skip'.");
	}
	if (run.reason && request.if_running == IfRunning::Skip) {
		run.status = "skipped";
	}
	std::string id = catalog::InsertRun(pipeline, run);
	worker::PokeAtCommit();
	return id;
}

} // namespace sluice::api
