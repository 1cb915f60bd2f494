#include "engine/run.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/known_secrets.hpp"
#include "engine/load/direct_load.hpp"
#include "engine/load/load.hpp"
#include "engine/load/losses.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/run_progress.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/target/shown_statements.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// A table that is new or has all new rows has no statistics that mean anything (design rule 24). No reason to lose the
// rows: the expression of a statistics object may fail with them, and a Citus table refuses some commands after others.
void
Analyze(const Destination &destination, const OptionValues &options, RunJournal &journal)
{
	bool const table =
		destination.traits.kind == RELKIND_RELATION || destination.traits.kind == RELKIND_PARTITIONED_TABLE;
	if (!table || destination.analyzed || (!destination.created && !destination.replace)) {
		return;
	}
	journal.EnterPhase("analyzing");
	if (options.Text("analyze") == "off") {
		journal.Info(Format("{} is not analyzed, because the option analyze is off", destination.name));
		return;
	}
	pg::SqlOptions as_owner;
	as_owner.run_as = destination.traits.owner;
	std::optional<Error> const failure =
		pg::Subtransaction([&] { pg::Sql("ANALYZE " + destination.name, {}, as_owner); });
	if (failure) {
		journal.Warning(Format("{} could not be analyzed: {}", destination.name, Redact(failure->what())));
		return;
	}
	journal.Info(Format("{} analyzed", destination.name));
}

std::unique_ptr<RemoteDestination>
OpenRemote(const RunRequest &request, const OptionValues &options, RunJournal &journal)
{
	if (request.root_run.empty()) {
		throw Error(
			sqlstate::kFeatureNotSupported,
			Format("pipeline \"{}\" cannot run in the caller's transaction, because its destination is at server "
				   "\"{}\"",
				   request.pipeline.name, *request.pipeline.destination),
			"Use trigger_pipeline or CALL trigger_and_wait: a worker commits there and here one right after the "
			"other.");
	}
	return std::make_unique<RemoteDestination>(request.pipeline, options, RemoteDestination::Purpose::Load, journal);
}

ColumnMatch
PrepareLocal(const catalog::Pipeline &pipeline, const MappedQuery &query, const OptionValues &options,
			 const LockPatience &patience, Destination *destination, RunJournal &journal)
{
	if (OidIsValid(destination->oid)) {
		LockDestination(pipeline, destination, patience, journal);
	} else {
		CreateDestination(pipeline, query, destination, journal);
	}
	ColumnMatch match = MatchColumns(query, destination->relation, &journal);
	pg::Call(leaf::CheckInsertRight, destination->oid, static_cast<const int *>(match.source_of.data()),
			 RelationGetNumberOfAttributes(destination->relation));
	CheckTableWritten(destination->oid, match);
	ChoosePath(destination);
	FillIfEmpty(options, destination, journal);
	journal.Info(PathText(*destination));
	ShowStatements(*destination, match);
	ChooseDirectLoad(options, destination);
	return match;
}

RunResult
Execute(const RunRequest &request, RunJournal &journal, catalog::RunCounters *counters)
{
	const catalog::Pipeline &pipeline = request.pipeline;
	RunMemory memory;
	RunProgress progress(request.progress, journal, counters);
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	LockPatience const patience{options.DurationMicroseconds("swap_lock_timeout"),
								options.Integer("swap_lock_attempts"), options.Text("on_swap_conflict") == "in_place"};

	RunResult result;
	Destination destination;
	if (pipeline.destination) {
		progress.Enter("checking");
		std::unique_ptr<RemoteDestination> remote = OpenRemote(request, options, journal);
		if (std::optional<LoadedRun> const loaded = remote->Begin(request)) {
			counters->records_processed = loaded->records;
			result.reason = Format("attempt {} had committed its {} rows in {} at {}, before it was lost",
								   loaded->attempt, loaded->records, remote->Label(), loaded->at);
			journal.Warning(*result.reason + ": nothing is loaded again");
			memory.Free();
			return result;
		}
		destination.remote = remote.get();
		result.elsewhere = std::move(remote);
	}
	if (request.only_look && destination.remote == nullptr) {
		throw Error(sqlstate::kLostAtDestination,
					"the run was lost, and its pipeline's destination is no server any more",
					"Look where the pipeline loaded before whether its rows are there.");
	}
	progress.Enter("connecting");
	if (destination.remote == nullptr) {
		destination = FindDestination(pipeline);
		destination.may_defer = request.root_run.empty();
	}
	RunInput input(pipeline, options, journal);
	journal.Info("reads " + input.Label());

	progress.Enter("preparing");
	MappedQuery query(input.Mapping());
	PushFilter(input, query, journal);
	input.CheckTables(query, journal);
	input.CountBefore(query, journal);
	ColumnMatch match;
	if (destination.remote != nullptr) {
		destination.remote->Prepare(query);
		match = destination.remote->Match(query);
		destination.name = destination.remote->Label();
	} else {
		match = PrepareLocal(pipeline, query, options, patience, &destination, journal);
	}

	bool const can_start = request.streams != nullptr;
	int const spare = can_start ? pg::Call(request.streams->spare) : 0;
	ParallelPlan plan = PlanParallel({options, input, query, match, destination, can_start, spare});
	FillInParallel(&plan, options, &destination, journal);
	if (!plan.reason.empty()) {
		journal.Info(plan.Text());
	}
	if (std::string const text = DirectLoadText(destination); !text.empty()) {
		journal.Info(text);
	}

	std::vector<catalog::LoadedColumn> const last = catalog::LoadedShape(pipeline.id);
	CheckDrift(pipeline, last, query, destination, match);
	for (const std::string &loss : Losses(query, destination, match)) {
		if (query.IsExact()) {
			journal.Info(loss + "; a value that would be changed fails the run");
		} else {
			journal.Warning(loss + "; a cast in columns says that it is meant");
		}
	}
	std::vector<catalog::LoadedColumn> const shape = ShapeOf(query);
	FedSequences sequences(options, journal);
	sequences.Find(destination, match);
	destination.analyze = options.Text("analyze") != "off";
	progress.Enter("loading");
	LoadRequest const load{input,	 query,	   match,		   destination, patience,  journal,
						   progress, pipeline, request.run_id, plan,		sequences, request.streams};
	progress.BeginLoad(destination.oid);
	int64_t const rows = Load(load);
	progress.EndLoad();
	journal.Info(Format("{} rows loaded into {}", rows, destination.name));
	input.Leave(rows);
	sequences.Move(destination);

	if (destination.remote != nullptr) {
		progress.Enter("analyzing");
		destination.remote->Analyze();
	} else {
		Analyze(destination, options, journal);
	}
	progress.Enter("finishing");
	// Seldom: a pipeline's state is wanted by others too.
	if (shape != last) {
		catalog::RememberShape(pipeline.id, shape);
	}
	memory.Free();
	result.created = destination.created ? destination.oid : InvalidOid;
	return result;
}

} // namespace

RunResult
ExecuteRun(const RunRequest &request, RunJournal &journal, catalog::RunCounters *counters)
{
	RememberMappedSecrets(GetUserId());
	try {
		return Execute(request, journal, counters);
	} catch (const Error &error) {
		throw WithHint(WithoutSecrets(error), request.pipeline);
	}
}

} // namespace sluice::engine
