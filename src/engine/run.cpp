#include "engine/run.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/known_secrets.hpp"
#include "engine/load/load_facts.hpp"
#include "engine/load/losses.hpp"
#include "engine/load/move_rows.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/run_progress.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/target/shown_statements.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// No reason to lose the rows: the expression of a statistics object may fail with them, and a Citus table refuses some
// commands after others.
void
Analyze(const Destination &destination, RunJournal &journal)
{
	journal.EnterPhase("analyzing");
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
	CheckDestinationServer(*request.pipeline.destination, GetUserId());
	return std::make_unique<RemoteDestination>(request.pipeline, options, RemoteDestination::Purpose::Load, journal);
}

struct Prepared {
	ColumnMatch match;
	LoadPlan plan;
	ParallelWork work;
};

// Locks or makes the destination, and plans how it is loaded.
Prepared
Prepare(const RunRequest &request, const OptionValues &options, const RunInput &input, const MappedQuery &query,
		const LockPatience &patience, Destination *destination, RunJournal &journal)
{
	Prepared prepared;
	LoadFacts facts = FactsOf(options, destination->mode);
	LoadLock held = LoadLock::None;
	if (destination->remote != nullptr) {
		destination->remote->Prepare(query);
		prepared.match = destination->remote->Match(query);
		destination->created = destination->remote->Created();
		ReadRemoteFacts(*destination, &facts);
	} else {
		facts.may_defer = request.root_run.empty();
		if (OidIsValid(destination->oid)) {
			held = LockDestination(request.pipeline, destination, &facts, patience, journal);
		} else {
			CreateDestination(request.pipeline, query, destination, journal);
			ReadTargetFacts(destination, &facts);
			AddFileFacts(*destination, &facts);
		}
		prepared.match = MatchColumns(query, destination->relation, &journal);
		pg::Call(leaf::CheckInsertRight, destination->oid, static_cast<const int *>(prepared.match.source_of.data()),
				 RelationGetNumberOfAttributes(destination->relation));
		CheckTableWritten(destination->oid, prepared.match);
	}
	AddQueryFacts(input, query, &facts);
	bool const can_start = request.streams != nullptr;
	int const spare = can_start ? pg::Call(request.streams->spare) : 0;
	std::unique_ptr<SourceCut> const cut =
		AddParallelFacts({options, &input, &query, prepared.match.target_list, *destination, can_start, spare}, &facts);
	prepared.plan = PlanLoad(facts);
	if (prepared.plan.fills_empty && held != LoadLock::KeepWritersOut) {
		TryToKeepWritersOut(destination, &facts);
		prepared.plan = PlanLoad(facts);
	}
	prepared.work = ShareOut(cut.get(), prepared.plan);
	for (std::string &line : prepared.plan.Lines(prepared.work.text)) {
		journal.Info(std::move(line));
	}
	if (destination->remote == nullptr) {
		ShowStatements(*destination, prepared.plan.path, prepared.match);
	}
	return prepared;
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
		if (std::optional<LoadedRun> const loaded =
				remote->Begin(request.root_run, request.run_id, request.only_look)) {
			counters->records_processed = loaded->records;
			result.reason = Format("attempt {} had committed its {} rows in {} at {}, before it was lost",
								   loaded->attempt, loaded->records, remote->Label(), loaded->at);
			journal.Warning(*result.reason + ": nothing is loaded again");
			memory.Free();
			return result;
		}
		destination.remote = remote.get();
		destination.name = remote->Label();
		destination.mode = LoadModeOf(pipeline);
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
	}
	RunInput input(pipeline, options, journal);
	journal.Info("reads " + input.Label());

	progress.Enter("preparing");
	MappedQuery query(input.Mapping());
	PushFilter(input, query, journal);
	input.CheckTables(query, journal);
	input.CountBefore(query, journal);
	Prepared const prepared = Prepare(request, options, input, query, patience, &destination, journal);
	const auto &[match, plan, work] = prepared;

	std::vector<catalog::LoadedColumn> const last = catalog::LoadedShape(pipeline.id);
	CheckDrift(pipeline, last, query, destination, match);
	for (LossLine &line : LossLines(query, destination, match)) {
		if (line.warning) {
			journal.Warning(std::move(line.text));
		} else {
			journal.Info(std::move(line.text));
		}
	}
	std::vector<catalog::LoadedColumn> const shape = ShapeOf(query);
	FedSequences sequences(options, journal);
	sequences.Find(destination, match);
	for (std::string &line : sequences.Describe()) {
		journal.Info(std::move(line));
	}
	progress.Enter("loading");
	LoadRequest const load{pipeline, request.run_id,  input,	query,	   match,	destination, plan,
						   work,	 request.streams, patience, sequences, journal, progress};
	progress.BeginLoad(destination.oid);
	LoadOutcome const loaded = MoveRows(load);
	progress.EndLoad();
	journal.Info(Format("{} rows loaded into {}", loaded.counts.inserted, destination.name));
	input.Leave(loaded.counts.inserted);
	sequences.Move(destination);

	if (plan.analyze && destination.remote != nullptr) {
		progress.Enter("analyzing");
		destination.remote->Analyze();
	} else if (plan.analyze && !plan.fills_empty && !loaded.analyzed) {
		Analyze(destination, journal);
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
