#include "engine/run.hpp"

#include "catalog/pipeline_options.hpp"
#include "catalog/reject_store.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/command/run_script.hpp"
#include "engine/known_secrets.hpp"
#include "engine/load/evolve.hpp"
#include "engine/load/load_facts.hpp"
#include "engine/load/losses.hpp"
#include "engine/load/move_rows.hpp"
#include "engine/load/row_balance.hpp"
#include "engine/repair.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/run_progress.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/extract.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/quarantine.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/target/shown_statements.hpp"
#include "engine/transform/reshape.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// No reason to lose the rows: the expression of a statistics object may fail with them, and a Citus table refuses some
// commands after others.
void
Analyze(const Destination &destination, RunJournal &journal)
{
	journal.EnterPhase(RunPhase::Analyzing);
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

// What a created one gets once its rows are there, wherever it is. Nobody has it open.
void
MakeIndexesOf(const Destination &destination, RunJournal &journal)
{
	if (destination.remote != nullptr) {
		destination.remote->MakeIndexes();
	} else {
		MakeIndexes(destination.indexes, journal, [](const std::string &statement) { pg::Sql(statement); });
	}
}

FarStatements
FarOf(RemoteDestination *remote)
{
	if (remote == nullptr) {
		return {};
	}
	return [remote](const std::vector<std::string> &statements, const std::function<void(int64_t)> &done) {
		remote->RunStatements(statements, done);
	};
}

std::unique_ptr<RemoteDestination>
OpenRemote(const RunRequest &request, const catalog::Pipeline &pipeline, const OptionValues &options,
		   RunJournal &journal)
{
	if (request.root_run.empty()) {
		throw Error(
			sqlstate::kFeatureNotSupported,
			Format("pipeline \"{}\" cannot run in the caller's transaction, because its destination is at server "
				   "\"{}\"",
				   pipeline.name, *pipeline.destination),
			"Use trigger_pipeline or CALL trigger_and_wait: a worker commits there and here one right after the "
			"other.");
	}
	CheckDestinationServer(*pipeline.destination, GetUserId());
	return std::make_unique<RemoteDestination>(pipeline, options, RemoteDestination::Purpose::Load, journal);
}

// Of an attempt that was lost after its commit there.
void
TakeOverRejects(const RunRequest &request, const catalog::Pipeline &pipeline, LoadMode mode, const LoadedRun &loaded)
{
	bool const replayed = catalog::IsReplay(request.run_id);
	if (replayed || mode == LoadMode::Replace || request.repair) {
		catalog::ForgetRejectsBefore(pipeline.id, loaded.attempt, replayed);
	}
	catalog::UnpackRejects(pipeline.id, loaded.rejects);
}

void
Add(const LoadCounts &counts, catalog::RunCounters *counters)
{
	counters->records_inserted += counts.inserted;
	counters->records_updated += counts.updated;
	counters->records_deleted += counts.deleted;
	counters->records_unchanged += counts.unchanged;
	counters->records_duplicate += counts.duplicate;
	counters->records_filtered += counts.filtered;
}

// "12 rows loaded into s.t: 5 inserted, 7 updated; 3 unchanged, 1 filtered"
std::string
CountsText(const LoadCounts &counts, const std::string &destination)
{
	std::string written;
	std::string others;
	auto const add = [](std::string *list, int64_t rows, const char *what) {
		if (rows > 0) {
			*list += Format("{}{} {}", list->empty() ? "" : ", ", rows, what);
		}
	};
	if (counts.updated + counts.deleted > 0) {
		add(&written, counts.inserted, "inserted");
		add(&written, counts.updated, "updated");
		add(&written, counts.deleted, "deleted");
	}
	add(&others, counts.unchanged, "unchanged");
	add(&others, counts.duplicate, "duplicate");
	add(&others, counts.rejected, "rejected");
	add(&others, counts.filtered, "filtered");
	return Format("{} rows loaded into {}{}{}{}{}", counts.Processed(), destination,
				  written.empty() && others.empty() ? "" : ": ", written, written.empty() || others.empty() ? "" : "; ",
				  others);
}

struct Prepared {
	ColumnMatch match;
	LoadPlan plan;
	ParallelWork work;
};

// Locks or makes the destination, and plans how it is loaded.
Prepared
Prepare(const RunRequest &request, const catalog::Pipeline &pipeline, const OptionValues &options, RunInput &input,
		const MappedQuery &query, const std::vector<catalog::LoadedColumn> &last, const LockPatience &patience,
		Destination *destination, RunJournal &journal)
{
	Prepared prepared;
	LoadFacts facts = FactsOf(pipeline, options, destination->mode);
	LoadLock held = LoadLock::None;
	if (destination->remote != nullptr) {
		if (FindsByKeys(destination->mode)) {
			destination->remote->RequireRights(); // before anything is read
		}
		destination->remote->Prepare(query, destination->remote->Exists() ? DeclaredTable() : input.Declared(query));
		destination->created = destination->remote->Created();
		CheckGone(pipeline, options, last, query, *destination, journal);
		prepared.match = destination->remote->Match(query);
		ReadRemoteFacts(*destination, &facts);
		CheckAlone(pipeline, *destination, facts.compare);
	} else {
		facts.may_defer = request.root_run.empty();
		if (OidIsValid(destination->oid)) {
			held = LockDestination(pipeline, destination, &facts, patience, journal);
		} else {
			if (std::optional<Error> const missing = query.MissingExtension()) {
				throw Error(*missing);
			}
			CreatedTable const table =
				PlanTable(query, input.Declared(query), CreateOptionsOf(options, destination->mode, destination->keys),
						  destination->name);
			CreateDestination(pipeline, query, table, destination, journal);
			ReadTargetFacts(destination, &facts);
			AddFileFacts(*destination, &facts);
		}
		CheckGone(pipeline, options, last, query, *destination, journal);
		prepared.match = MatchColumns(query, destination->relation, &journal);
		CheckLoadRights(*destination, &prepared.match);
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
	if (std::string const why = facts.quarantine ? WhyNoQuarantine(facts) : ""; !why.empty()) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("rows that do not fit into {} cannot be put aside, because {}", facts.name, why),
					"Leave on_reject out, or load into a plain table.");
	}
	for (std::string &line : prepared.plan.Lines(prepared.work.text)) {
		journal.Info(std::move(line));
	}
	for (const std::string &warning : prepared.plan.warnings) {
		journal.Warning(warning);
	}
	if (destination->remote == nullptr) {
		ShowStatements(*destination, prepared.plan.path, prepared.match);
	}
	return prepared;
}

} // namespace

LoadSession::LoadSession(const RunRequest &request, RunJournal &journal, catalog::RunCounters *counters)
	: request_(request), journal_(journal), counters_(counters)
{}

// The source, where the last chunk has left it.
RunInput &
LoadSession::GoOn(const OptionValues &options)
{
	const catalog::Pipeline &pipeline = request_.pipeline;
	if (request_.root_run.empty()) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("pipeline \"{}\" cannot run in the caller's transaction, because its mode is realtime",
						   pipeline.name),
					"Use trigger_pipeline: a worker commits its rows as they come.");
	}
	if (!kept_) {
		kept_.emplace(pipeline, options, journal_, StampOf(request_.run_id));
		counters_->watermark_before = counters_->watermark_after = catalog::Watermark(pipeline.id);
	}
	kept_->Continuous().GoOnBehind(counters_->watermark_after);
	return kept_->Input();
}

// Nothing of the run is committed yet, by an earlier attempt neither.
bool
LoadSession::IsBeginning(const OptionValues &options) const
{
	return first_ && (options.Integer("commit_every") == 0 || request_.root_run.empty() ||
					  !options.IsGiven(kBeforeSql) || !catalog::HasCommittedChunk(request_.root_run));
}

ChunkResult
LoadSession::Load()
{
	// Who only looks whether it was committed loads nothing.
	if (request_.repair && !request_.only_look) {
		repaired_.emplace(AsRepair(request_.pipeline, *request_.repair == catalog::kRepairDeletes, journal_));
	}
	const catalog::Pipeline &pipeline = repaired_ ? *repaired_ : request_.pipeline;
	RunMemory memory;
	RunProgress progress(request_.progress, journal_, counters_);
	OptionValues options = catalog::ReadOptions(pipeline.options);
	bool const replays = catalog::IsReplay(request_.run_id);
	if (replays) {
		options.Set("on_reject", JsonType::String, "quarantine");
	}
	if (repaired_ && repaired_->load != request_.pipeline.load) {
		options.Set("on_reject", JsonType::String, "fail");
		for (const char *policy : {"on_new_column", "on_changed_type"}) {
			if (options.Text(policy) == "discard_row") {
				options.Set(policy, JsonType::String, "freeze"); // nothing is put aside
			}
		}
	}
	LockPatience const patience{options.DurationMicroseconds("swap_lock_timeout"),
								options.Integer("swap_lock_attempts"), options.Text("on_swap_conflict") == "in_place"};

	ChunkResult result;
	Destination destination;
	if (pipeline.destination) {
		progress.Enter(RunPhase::Checking);
		std::unique_ptr<RemoteDestination> remote = OpenRemote(request_, pipeline, options, journal_);
		if (std::optional<LoadedRun> const loaded =
				remote->Begin(request_.root_run, request_.run_id, request_.only_look)) {
			*counters_ = loaded->counters;
			TakeOverRejects(request_, pipeline, remote->AsDestination().mode, *loaded);
			result.reason = Format("attempt {} had committed its {} rows in {} at {}, before it was lost",
								   loaded->attempt, counters_->records_processed, remote->Label(), loaded->at);
			journal_.Warning(*result.reason + ": nothing is loaded again");
			memory.Free();
			return result;
		}
		destination = remote->AsDestination();
		result.elsewhere = std::move(remote);
	}
	if (request_.only_look && destination.remote == nullptr) {
		throw Error(sqlstate::kLostAtDestination,
					"the run was lost, and its pipeline's destination is no server any more",
					"Look where the pipeline loaded before whether its rows are there.");
	}
	FarStatements const far = FarOf(destination.remote);
	if (IsBeginning(options)) {
		RunScript(options, kBeforeSql, far, journal_);
	}
	progress.Enter(RunPhase::Connecting);
	if (destination.remote == nullptr) {
		destination = FindDestination(pipeline);
	}
	std::optional<RunInput> only;
	RunInput &input =
		pipeline.IsContinuous() ? GoOn(options) : only.emplace(pipeline, options, journal_, StampOf(request_.run_id));
	journal_.Info("reads " + input.Label());

	progress.Enter(RunPhase::Preparing);
	std::optional<CursorRead> cursor;
	if (replays && destination.mode == LoadMode::Replace) {
		// They come beside those that the last run loaded.
		destination.mode = LoadMode::Append;
	}
	if (pipeline.cursor_column && !replays) {
		cursor.emplace(pipeline, options, input, FindsByKeys(destination.mode), request_.slice);
		if (repaired_) {
			// None of them must look as though it were gone.
			cursor->ReadAll(destination.mode == LoadMode::Mirror);
		}
		if (request_.root_run.empty()) {
			cursor->TakeAll(journal_);
		}
		cursor->BeforeAnalysis(journal_);
	} else if (request_.slice) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("pipeline \"{}\" has no cursor_column any more", pipeline.name),
					"What was queued of its backfill cannot be made.");
	}
	MappedQuery extract(input.Mapping());
	std::optional<MappedQuery> reshaped;
	if (std::optional<MappingInput> const over = ReshapedMapping(options, extract, input.Stamp())) {
		reshaped.emplace(*over);
	}
	const MappedQuery &query = reshaped ? *reshaped : extract;
	std::vector<catalog::LoadedColumn> const last = catalog::LoadedShape(pipeline.id);
	result.change = PlanEvolution(pipeline, options, query, destination, last).statement;
	if (!result.change.empty()) {
		// With before_sql it would begin again in another transaction, and what was done before would stay.
		if (!request_.root_run.empty() && !options.IsGiven(kBeforeSql)) {
			memory.Free();
			result.over = false;
			return result;
		}
		// There is but one transaction.
		Evolve(result.change, *pipeline.destination_table, patience, journal_);
		result.change.clear();
	}
	if (!replays) {
		PushFilter(input, extract, journal_);
	} else if (extract.FilterRefuses() >= 0) {
		extract.TakeFilterAway(); // they have passed it at the source
	}
	if (cursor) {
		cursor->AfterFilter(extract, journal_);
	}
	input.CheckTables(extract, journal_);
	if (reshaped) {
		input.CheckTables(*reshaped, journal_);
	}
	std::optional<int64_t> counted;
	if (!replays) {
		input.CountBefore(extract, journal_);
		counted = CountSource(options, input);
	}
	Prepared const prepared =
		Prepare(request_, pipeline, options, input, query, last, patience, &destination, journal_);
	const auto &[match, plan, work] = prepared;

	CheckDrift(pipeline, options, last, query, destination, match, journal_);
	for (LossLine &line : LossLines(query, destination, match)) {
		if (line.warning) {
			journal_.Warning(std::move(line.text));
		} else {
			journal_.Info(std::move(line.text));
		}
	}
	std::vector<catalog::LoadedColumn> const shape = ShapeOf(query);
	FedSequences sequences(options, journal_);
	sequences.Find(destination, match);
	for (std::string &line : sequences.Describe()) {
		journal_.Info(std::move(line));
	}
	if (request_.slice && input.Wire() != nullptr) {
		// Which no explain_pipeline shows.
		journal_.Info("remote query: " + input.Wire()->RemoteStatement(input.Needed(extract)));
	}
	progress.Enter(RunPhase::Loading);
	std::optional<Quarantine> quarantine;
	if (options.Text("on_reject") == "quarantine") {
		quarantine.emplace(
			journal_, *RejectLimit::Parse(options.Text("max_rejects")), match.unwelcome,
			[&] { catalog::WriteRejects(pipeline.id, request_.run_id, journal_.Rejected().TakeUnwritten(), false); },
			&counters_->records_failed);
	}
	if (destination.mode == LoadMode::Replace || repaired_) {
		// What earlier runs put aside is read again.
		catalog::DropRejects(pipeline.id);
	}
	progress.BeginLoad(destination.oid);
	std::optional<Extract> source_rows;
	if (reshaped) {
		source_rows.emplace(input, extract);
		source_rows->Read(cursor ? &*cursor : nullptr, 0, journal_,
						  [&progress](int64_t rows, int64_t bytes) { progress.Batch(rows, bytes, 0); });
		journal_.Info(Format("transform: computes over {} rows", source_rows->Kept()));
	}
	LoadRequest const load{pipeline,
						   request_.run_id,
						   input,
						   query,
						   match,
						   destination,
						   plan,
						   work,
						   request_.streams,
						   patience,
						   sequences,
						   cursor && !reshaped ? &*cursor : nullptr,
						   quarantine ? &*quarantine : nullptr,
						   replays,
						   source_rows ? &*source_rows : nullptr,
						   journal_,
						   progress};
	LoadOutcome loaded = MoveRows(load);
	progress.EndLoad();
	if (source_rows) {
		loaded.counts.duplicate += source_rows->Met();
		source_rows->Drop();
	}
	if (counted) {
		CompareCount(*counted, progress.RowsRead(), journal_);
	}
	Add(loaded.counts, counters_);
	if (loaded.counts.rejected > 0) {
		journal_.Warning(
			Format("{} rows do not fit and were put into quarantine: look into rejected_rows", loaded.counts.rejected));
	}
	journal_.EachTime(CountsText(loaded.counts, destination.name));
	if (kept_) {
		counters_->watermark_after = kept_->Continuous().Watermark();
		result.over = kept_->Continuous().IsOver();
	} else if (replays) {
		journal_.Info(Format("{} rejected rows were replayed", catalog::DropReplayed(pipeline.id, request_.run_id)));
	} else {
		input.Leave(source_rows ? source_rows->Given() : loaded.counts.Arrived());
	}
	if (cursor) {
		cursor->End(progress.RowsRead(), counters_, journal_);
		result.over = !cursor->LeavesRows();
	}
	MakeIndexesOf(destination, journal_);
	sequences.Move(destination);

	if (plan.analyze && destination.remote != nullptr) {
		progress.Enter(RunPhase::Analyzing);
		destination.remote->Analyze();
	} else if (plan.analyze && !plan.fills_empty && !loaded.analyzed) {
		Analyze(destination, journal_);
	}
	if (result.over) {
		RunScript(options, kAfterSql, far, journal_);
	}
	first_ = false;
	progress.Enter(RunPhase::Finishing);
	if (destination.remote != nullptr) {
		std::string rejects;
		if (quarantine) {
			catalog::WriteRejects(pipeline.id, request_.run_id, journal_.Rejected().TakeUnwritten(), false);
			rejects = catalog::PackRejects(request_.run_id);
		}
		destination.remote->Record(*counters_, rejects);
	}
	// Seldom: a pipeline's state is wanted by others too.
	if (shape != last) {
		catalog::RememberShape(pipeline.id, shape);
	}
	memory.Free();
	result.created = destination.created ? destination.oid : InvalidOid;
	return result;
}

ChunkResult
LoadSession::LoadChunk()
{
	RememberMappedSecrets(GetUserId());
	try {
		return Load();
	} catch (const Error &error) {
		if (journal_.Phase() == RunPhase::Loading && IsOfRow(error)) {
			++counters_->records_failed;
		}
		throw WithHint(WithoutSecrets(error), request_.pipeline);
	}
}

void
LoadSession::ChangeDestination(const std::string &statement)
{
	OptionValues const options = catalog::ReadOptions(request_.pipeline.options);
	Evolve(statement, *request_.pipeline.destination_table,
		   {options.DurationMicroseconds("swap_lock_timeout"), options.Integer("swap_lock_attempts")}, journal_);
}

void
LoadSession::AwaitMore()
{
	kept_->Continuous().AwaitMore();
}

} // namespace sluice::engine
