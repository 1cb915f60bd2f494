// create_pipeline, alter_pipeline, rename_pipeline, drop_pipeline.

#include "api/arguments.hpp"
#include "api/definition_store.hpp"
#include "api/dependencies.hpp"
#include "api/waiting.hpp"
#include "catalog/pipeline_graph.hpp"
#include "catalog/statement.hpp"
#include "core/identifier.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"
#include "worker/control.hpp"

namespace {

using sluice::Error;
using sluice::catalog::Pipeline;

enum class IfRunning { Refuse, Wait, Stop };

IfRunning
IfRunningOf(const std::string &text)
{
	if (text == "refuse") {
		return IfRunning::Refuse;
	}
	if (text == "wait") {
		return IfRunning::Wait;
	}
	if (text == "stop") {
		return IfRunning::Stop;
	}
	throw Error(sluice::sqlstate::kInvalidParameterValue, sluice::Format("invalid value for running: \"{}\"", text),
				"It can be refuse, wait, stop.");
}

bool
KeepsHistory(const std::string &text)
{
	if (text != "delete" && text != "keep") {
		throw Error(sluice::sqlstate::kInvalidParameterValue, sluice::Format("invalid value for history: \"{}\"", text),
					"It can be delete, keep.");
	}
	return text == "keep";
}

Error
StillRunning(const Pipeline &pipeline, const std::string &run)
{
	return Error(sluice::sqlstate::kObjectInUse, sluice::Format("pipeline \"{}\" is running: {}", pipeline.name, run),
				 "Say running => 'wait' to wait for its end, or running => 'stop' to stop it.");
}

// Without workers nobody tells a run that is under way from one that a crash left behind, but its lock does.
std::optional<std::string>
LiveRun(const Pipeline &pipeline)
{
	if (!sluice::worker::WorkersExist() && !sluice::worker::IsLocked(pipeline.id)) {
		return std::nullopt;
	}
	return sluice::catalog::RunningRun(pipeline.id);
}

// Nothing is locked while this waits (design rule 11).
void
AwaitEnd(const Pipeline &pipeline, IfRunning if_running)
{
	std::string stopped;
	while (std::optional<std::string> const run = LiveRun(pipeline)) {
		if (if_running == IfRunning::Refuse) {
			throw StillRunning(pipeline, "run " + *run);
		}
		if (if_running == IfRunning::Stop && stopped != *run && sluice::worker::RequestStop(*run, GetUserId())) {
			stopped = *run;
		}
		sluice::api::WaitAWhile();
	}
}

// The scheduler may have started a queued run, or a session made one, before we held the pipeline's row. One that is
// queued still was passed over when the others were closed: its worker is just taking it.
std::optional<std::string>
StartedMeanwhile(const Pipeline &locked)
{
	if (std::optional<std::string> const run = LiveRun(locked)) {
		return "run " + *run;
	}
	if (std::optional<std::string> const run = sluice::catalog::QueuedRun(locked.id, true)) {
		return "run " + *run;
	}
	if (sluice::worker::IsLocked(locked.id)) {
		return "a CALL run_pipeline in another session";
	}
	return std::nullopt;
}

// Throws StillRunning when a run is in the way, and says in *in_the_way that it does.
void
Drop(const std::string &id, bool keep_history, bool *in_the_way)
{
	sluice::catalog::LockGraphForDrop(id);
	Pipeline const locked = sluice::api::FindForChange(id);
	sluice::api::RequireUnneeded(locked);
	sluice::catalog::ClosePendingOf(locked.id, "skipped", "the pipeline was dropped");
	if (std::optional<std::string> const started = StartedMeanwhile(locked)) {
		*in_the_way = true;
		throw StillRunning(locked, *started);
	}
	sluice::catalog::DeletePipeline(locked.id, keep_history);
	sluice::worker::PokeAtCommit();
}

// False: a run slipped in; all is as it was, and nothing is locked.
bool
TryDrop(const std::string &id, bool keep_history)
{
	bool in_the_way = false;
	std::optional<Error> const failure = sluice::pg::Subtransaction([&] { Drop(id, keep_history, &in_the_way); });
	if (failure && !in_the_way) {
		throw *failure;
	}
	return !failure;
}

} // namespace

SLUICE_FUNCTION(sluice_create_pipeline)
{
	namespace api = sluice::api;
	std::string const name = api::RequiredArgument(fcinfo, 0, "name");
	sluice::CheckPipelineName(name);
	api::Given const given = api::ReadGiven(fcinfo);
	api::Owner const owner =
		api::CheckOwner(given.Has(&Pipeline::owner) ? given.values.owner : sluice::catalog::CurrentUserName());
	if (given.ChangesGraph()) {
		sluice::catalog::LockGraphForChange(std::nullopt, [&given] { return api::GivenTargets(given); });
	}
	Pipeline const pipeline = api::MakePipeline(name, owner, given);
	if (!api::StoreNew(pipeline)) {
		throw sluice::catalog::NameTaken(pipeline.name, pipeline.owner);
	}
	return api::Result(pipeline.id, UUIDOID);
}

SLUICE_PIPELINE_FUNCTION(sluice_alter_pipeline)
{
	namespace api = sluice::api;
	api::Given const given = api::ReadGiven(fcinfo);
	std::vector<std::string> const reset =
		api::ListArgument(fcinfo, api::PositionAfterGiven(), "reset").value_or(std::vector<std::string>{});
	Pipeline const found = api::FindForUse(pipeline);
	api::RequireChange(found);
	if (given.ChangesGraph()) {
		// Before the pipeline's row: everybody takes the two in this order.
		sluice::catalog::LockGraphForChange(found.id, [&given] { return api::GivenTargets(given); });
	}
	Pipeline const before = api::FindForChange(found.id);
	Pipeline now = before;
	if (given.Has(&Pipeline::owner)) {
		api::Owner const owner = api::CheckOwner(given.values.owner);
		now.owner_oid = owner.oid;
		now.owner = owner.name;
	}
	api::Reset(reset, given, &now);
	api::Apply(given, &now);
	if (now.owner_oid != before.owner_oid) {
		now.search_path = api::OwnSearchPath(now, before.search_path);
	}
	api::Complete(given, &now, &before);
	api::StoreChange(now, before, api::SaysWhatIsLoaded(given, reset));
	PG_RETURN_VOID();
}

SLUICE_PIPELINE_FUNCTION(sluice_rename_pipeline)
{
	namespace api = sluice::api;
	std::string const new_name = api::RequiredArgument(fcinfo, 1, "new_name");
	sluice::CheckPipelineName(new_name);
	sluice::catalog::RenamePipeline(api::FindForChange(pipeline).id, new_name);
	PG_RETURN_VOID();
}

SLUICE_PIPELINE_FUNCTION(sluice_drop_pipeline)
{
	namespace api = sluice::api;
	IfRunning const if_running = IfRunningOf(api::RequiredArgument(fcinfo, 1, "running"));
	bool const keep_history = KeepsHistory(api::RequiredArgument(fcinfo, 2, "history"));
	Pipeline found;
	try {
		found = api::FindForUse(pipeline);
	} catch (const Error &error) {
		// Only our own word for it: a statement may raise the same for something else.
		if (error.State() != sluice::sqlstate::kUndefinedObject || error.Info().from_postgres ||
			!api::FlagArgument(fcinfo, 3, false)) {
			throw;
		}
		found.id.clear();
	}
	if (found.id.empty()) {
		api::Notice(sluice::Format("pipeline \"{}\" does not exist, skipping", pipeline));
		PG_RETURN_VOID();
	}
	api::RequireChange(found);
	api::RequireUnneeded(found);
	AwaitEnd(found, if_running);
	if (if_running == IfRunning::Refuse) {
		bool in_the_way = false;
		Drop(found.id, keep_history, &in_the_way);
		PG_RETURN_VOID();
	}
	while (!TryDrop(found.id, keep_history)) {
		sluice::api::WaitAWhile();
		AwaitEnd(found, if_running);
	}
	PG_RETURN_VOID();
}
