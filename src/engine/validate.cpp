// ValidateRun: everything that a run would stumble over, check by check.

#include "engine/validate.hpp"

#include "catalog/loaded_shape.hpp"
#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/command/command_plan.hpp"
#include "engine/known_secrets.hpp"
#include "engine/load/evolve.hpp"
#include "engine/load/load_facts.hpp"
#include "engine/load/losses.hpp"
#include "engine/plan_lines.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/source/cursor_read.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/transform/definition_syntax.hpp"
#include "engine/wire/reached_server.hpp"
#include "pg/foreign_server.hpp"
#include "pg/read_only.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/settings.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// What the checks have found out, each for those after it.
struct Look {
	const catalog::Pipeline &pipeline;
	CheckReport &report;
	OptionValues options = catalog::ReadOptions(pipeline.options);
	RunJournal journal{pg::Now};
	const char *check = ""; // the one that looks now
	std::optional<RunInput> input;
	std::optional<CursorRead> cursor;
	std::optional<MappedQuery> query;
	std::unique_ptr<RemoteDestination> remote;
	Destination destination;
	bool evolves = false; // the run alters the destination before it loads

	void Ok(std::string message) { report.Ok(check, std::move(message)); }
	void Warning(std::string message, std::optional<std::string> hint = std::nullopt)
	{
		report.Warning(check, std::move(message), std::move(hint));
	}
	void Failure(const Error &error)
	{
		Error const told = WithHint(OfALook(WithoutSecrets(error)), pipeline);
		const ErrorInfo &info = told.Info();
		report.Error(check, info.detail.empty() ? info.message : info.message + ": " + info.detail,
					 info.hint.empty() ? std::nullopt : std::optional(info.hint));
	}
};

// The destination's relation is open while it lives; an error closes it by the abort of the subtransaction around.
class OpenDestination {
public:
	explicit OpenDestination(Destination *destination) : destination_(destination)
	{
		if (OidIsValid(destination->oid)) {
			destination->relation = pg::Call(table_open, destination->oid, AccessShareLock);
		}
	}
	~OpenDestination() { destination_->relation = nullptr; }
	OpenDestination(const OpenDestination &) = delete;
	OpenDestination &operator=(const OpenDestination &) = delete;

	void Close()
	{
		if (Relation const relation = std::exchange(destination_->relation, nullptr)) {
			pg::Call(table_close, relation, AccessShareLock);
		}
	}

private:
	Destination *destination_;
};

ColumnMatch
Match(const Look &look)
{
	return look.remote != nullptr ? look.remote->Match(*look.query)
								  : MatchColumns(*look.query, look.destination.relation, nullptr);
}

bool
Exists(const Look &look)
{
	return look.remote != nullptr ? look.remote->Exists() : OidIsValid(look.destination.oid);
}

bool
IsCommand(const catalog::Pipeline &pipeline)
{
	return pipeline.command.has_value();
}

bool
IsLoad(const catalog::Pipeline &pipeline)
{
	return !pipeline.command;
}

bool
IsLocal(const catalog::Pipeline &pipeline)
{
	return !pipeline.destination;
}

bool
IsRemote(const catalog::Pipeline &pipeline)
{
	return pipeline.destination.has_value();
}

bool
HasSource(const catalog::Pipeline &pipeline)
{
	return pipeline.source.has_value();
}

void
SeeDefinition(Look *look)
{
	const catalog::Pipeline &pipeline = look->pipeline;
	constexpr const char *kHint = "Set it with alter_pipeline.";
	if (pipeline.source_table.has_value() == pipeline.source_query.has_value()) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs either a source_table or a source_query", kHint);
	}
	if (!pipeline.destination_table) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs a destination_table", kHint);
	}
	look->destination.mode = LoadModeOf(pipeline);
	look->Ok("it says what is read, and what is loaded how");
}

void
SeeCommand(Look *look)
{
	CheckCommand(look->pipeline);
	for (std::string &line : ExplainCommand(look->pipeline)) {
		look->Ok(std::move(line));
	}
}

void
SeeColumns(Look *look)
{
	const std::optional<std::string> &columns = look->pipeline.columns;
	if (columns) {
		pg::Call(leaf::CheckSelectList, columns->c_str());
	}
	look->Ok(columns ? "columns is a select list" : "all columns of the source are loaded");
}

void
SeeFilter(Look *look)
{
	const std::optional<std::string> &filter = look->pipeline.filter;
	if (filter) {
		pg::Call(leaf::CheckCondition, filter->c_str());
	}
	look->Ok(filter ? "filter is a condition" : "all rows of the source are loaded");
}

void
SeeSourceServer(Look *look)
{
	CheckSource(look->pipeline, GetUserId());
	look->Ok(Format("role \"{}\" may use server \"{}\"", look->pipeline.owner, *look->pipeline.source));
}

void
SeeSourceConnection(Look *look)
{
	std::optional<std::string> const reached = ReachSource(look->pipeline, look->options);
	look->Ok(reached
				 ? Format("server \"{}\" is reached: {}", *look->pipeline.source, *reached)
				 : Format("server \"{}\" is reached by its wrapper, when the source is read", *look->pipeline.source));
}

// Not in this session, which says nothing about a run.
bool
CannotMakeTables(const Error &error)
{
	return error.State() == sqlstate::kInsufficientPrivilege && InSecurityRestrictedOperation() &&
		   pg::Call(pg::leaf::MayMakeTemporary);
}

void
SeeSource(Look *look)
{
	try {
		look->input.emplace(look->pipeline, look->options, look->journal);
	} catch (const Error &error) {
		if (!CannotMakeTables(error)) {
			throw;
		}
		look->report.NotChecked(look->check, error.Info().message, error.Info().hint);
		return;
	}
	look->Ok("it is " + look->input->Label());
}

void
SeeTransform(Look *look)
{
	pg::ReadOnlyScope const writes_nothing;
	RunJournal told(pg::Now);
	if (look->pipeline.cursor_column) {
		look->cursor.emplace(look->pipeline, look->options, *look->input, look->pipeline.load == "merge");
		look->cursor->BeforeAnalysis(told);
	}
	look->query.emplace(look->input->Mapping());
	PushFilter(*look->input, *look->query, told);
	if (look->cursor) {
		look->cursor->AfterFilter(*look->query, told);
	}
	look->Ok("columns and filter fit the source");
	for (const JournalLine &line : told.Lines()) {
		if (line.level == "warning") {
			look->Warning(line.message);
		} else {
			look->Ok(line.message);
		}
	}
	for (const std::string &missing : look->query->MissingTypes()) {
		look->Warning(missing);
	}
}

void
SeeSourceRights(Look *look)
{
	if (look->input->Wire() != nullptr) {
		TupleDesc const source_row = look->input->Mapping().source_row;
		std::vector<char> used(source_row->natts + 1);
		pg::Call(leaf::FindUsedColumns, look->query->Analyzed(), source_row, reinterpret_cast<bool *>(used.data()));
		used.pop_back();
		look->input->Wire()->CheckReadable(std::vector<bool>(used.begin(), used.end()));
	} else {
		pg::ReadOnlyScope const writes_nothing;
		(void)pg::Sql("EXPLAIN " + look->query->Text());
	}
	try {
		look->input->CheckTables(*look->query, look->journal);
	} catch (const Error &error) {
		if (!CannotMakeTables(error)) {
			throw;
		}
		look->report.NotChecked(look->check, error.Info().message, error.Info().hint);
		return;
	}
	look->Ok("the columns that are needed may be read");
}

void
SeeTemporary(Look *look)
{
	bool const merges = look->pipeline.load == "merge";
	bool const staged =
		merges || (look->input && look->input->Wire() != nullptr && look->query && !look->query->NeedsSql().empty());
	bool const imported = ImportsTable(look->pipeline);
	if (look->pipeline.source && !look->query && !imported && !merges) {
		look->report.NotChecked(look->check, "whether rows are staged is seen at the source");
		return;
	}
	if (!staged && !imported) {
		look->Ok("no temporary table is needed");
		return;
	}
	std::string const why = merges	 ? "rows are staged, because load is merge"
							: staged ? "rows are staged, because " + look->query->NeedsSql()
									 : std::string("the source is imported as a temporary foreign table");
	if (!pg::Call(pg::leaf::MayMakeTemporary)) {
		// With the GRANT that is missing.
		pg::Call(pg::leaf::RequireTemporaryRight);
	}
	look->Ok("temporary tables may be made: " + why);
}

void
SeeDestinationServer(Look *look)
{
	CheckDestinationServer(*look->pipeline.destination, GetUserId());
	look->Ok(Format("role \"{}\" may use server \"{}\"", look->pipeline.owner, *look->pipeline.destination));
}

void
SeeDestinationConnection(Look *look)
{
	ForeignServer *const server = pg::Call(GetForeignServerByName, look->pipeline.destination->c_str(), false);
	look->Ok(Format("server \"{}\" is reached: {}", *look->pipeline.destination,
					ReachPostgres(*server, {pg::TimeoutsOf(look->options), 0, true})));
}

void
SeeDestination(Look *look)
{
	if (look->pipeline.destination) {
		look->remote = std::make_unique<RemoteDestination>(look->pipeline, look->options,
														   RemoteDestination::Purpose::Explain, look->journal);
		look->destination.remote = look->remote.get();
		look->destination.name = look->remote->Label();
		look->destination.created = !look->remote->Exists();
	} else {
		look->destination = FindDestination(look->pipeline);
	}
	look->Ok(Exists(*look) ? look->destination.name + " exists"
						   : look->destination.name + " does not exist, and is created by the first run");
}

void
SeeDestinationRights(Look *look)
{
	if (look->remote != nullptr) {
		std::string hint;
		std::string const why_not = look->remote->WhyNotAllowed(&hint);
		if (!why_not.empty()) {
			throw Error(sqlstate::kInsufficientPrivilege, why_not, hint);
		}
		look->Ok(
			Format("the remote role may {} {}", Exists(*look) ? "load rows into" : "create", look->destination.name));
		return;
	}
	if (!OidIsValid(look->destination.oid)) {
		pg::Call(leaf::CheckCreateRight, look->pipeline.destination_table->c_str());
		look->Ok(Format("role \"{}\" may create it", look->pipeline.owner));
		return;
	}
	OpenDestination open(&look->destination);
	CheckLoadRights(look->destination);
	open.Close();
	look->Ok(Format("role \"{}\" may {}", look->pipeline.owner,
					look->destination.mode == LoadMode::Replace ? "replace its rows"
					: look->destination.mode == LoadMode::Merge ? "merge rows into it"
																: "insert into it"));
}

void
SeeLedger(Look *look)
{
	if (look->remote->HasLedger()) {
		look->Ok(look->remote->LedgerText());
	} else {
		look->Warning(look->remote->LedgerText(), "A run that is lost at its very end may load its rows twice: see "
												  "doc/remote-destinations.md.");
	}
}

void
SeeLoad(Look *look)
{
	if (IsLocal(look->pipeline) && Exists(*look)) {
		if (RefusesReplace(look->pipeline, look->destination)) {
			throw ReplaceNotChosen(look->destination);
		}
		OpenDestination open(&look->destination);
		LoadFacts facts = FactsOf(look->pipeline, look->options, look->destination.mode);
		ReadTargetFacts(&look->destination, &facts);
		CheckReplaceByDelete(look->destination, facts);
		open.Close();
	}
	look->Ok(look->destination.mode == LoadMode::Replace ? "every run replaces all rows"
			 : look->destination.mode == LoadMode::Merge ? "every run merges its rows by their keys"
														 : "every run appends its rows");
	if (look->pipeline.schedule && look->destination.mode == LoadMode::Append && !look->pipeline.filter &&
		!look->pipeline.cursor_column) {
		look->Warning("every run loads every row again",
					  "Give it a cursor_column, use load => 'replace', or a filter that selects what is new.");
	}
}

void
SeeColumnMatch(Look *look)
{
	if (!Exists(*look)) {
		const std::string &name = look->remote != nullptr ? look->remote->Table() : look->destination.name;
		if (std::optional<Error> const missing = look->query->MissingExtension()) {
			throw *missing;
		}
		CreatedTable const table =
			PlanTable(*look->query, look->input->Declared(),
					  CreateOptionsOf(look->options, look->destination.mode, look->destination.keys), name);
		look->Ok("it is created: " + table.create);
		for (const std::string &line : table.left_out) {
			look->Ok(line);
		}
		return;
	}
	if (look->remote != nullptr) {
		look->remote->Prepare(*look->query, DeclaredTable());
	}
	if (look->remote == nullptr) {
		std::string const change = PlanEvolution(look->pipeline, look->options, *look->query, look->destination,
												 catalog::LoadedShape(look->pipeline.id));
		look->evolves = !change.empty();
		if (look->evolves) {
			look->Ok("before the load: " + change);
			return;
		}
	}
	OpenDestination open(&look->destination);
	if (look->remote == nullptr) {
		RunJournal told(pg::Now);
		ColumnMatch const match = MatchColumns(*look->query, look->destination.relation, &told);
		CheckLoadRights(look->destination, &match);
		for (const JournalLine &line : told.Lines()) {
			look->Ok(line.message);
		}
	}
	for (LossLine &line : LossLines(*look->query, look->destination, Match(*look))) {
		if (line.warning) {
			look->Warning(std::move(line.text), "Widen the column of the destination; or cast it in columns where that "
												"is meant; or set the option on_loss to 'fail'.");
		} else {
			look->Ok(std::move(line.text));
		}
	}
	open.Close();
	look->Ok("the source's columns fit those of the destination");
}

void
SeeDrift(Look *look)
{
	std::vector<catalog::LoadedColumn> const last = catalog::LoadedShape(look->pipeline.id);
	if (look->evolves) {
		look->Ok("the source's columns have changed since the last load, and the run alters the destination");
		return;
	}
	if (last.empty() || !Exists(*look)) {
		look->Ok("there is no load to compare the source with");
		return;
	}
	RunJournal told(pg::Now);
	OpenDestination open(&look->destination);
	CheckGone(look->pipeline, look->options, last, *look->query, look->destination, told);
	for (const JournalLine &line : told.Lines()) {
		look->Ok(line.message);
	}
	CheckDrift(look->pipeline, last, *look->query, look->destination, Match(*look));
	open.Close();
	look->Ok(last == ShapeOf(*look->query) ? "the source has the columns of the last load"
										   : "the source's columns have changed since the last load, and still fit");
}

void
SeePath(Look *look)
{
	if (look->evolves) {
		look->report.NotChecked(look->check, "it depends on the table as it will be then");
		return;
	}
	LoadFacts facts = FactsOf(look->pipeline, look->options, look->destination.mode);
	OpenDestination open(&look->destination);
	List *target_list = nullptr;
	if (look->remote != nullptr) {
		ReadRemoteFacts(look->destination, &facts);
	} else {
		ReadTargetFacts(&look->destination, &facts);
		target_list = Exists(*look) ? Match(*look).target_list : pg::Call(leaf::OwnTargetList, look->query->Analyzed());
	}
	PlanQuestion const question{look->options, &*look->query, &*look->input, look->destination, target_list};
	std::vector<std::string> warnings;
	for (std::string &line : PlanLines(question, &facts, &warnings)) {
		look->Ok(std::move(line));
	}
	for (std::string &warning : warnings) {
		look->Warning(std::move(warning));
	}
	open.Close();
}

struct Check {
	const char *name;
	const char *needs; // checks that have been made without an error
	bool connects;
	bool (*applies)(const catalog::Pipeline &pipeline);
	void (*run)(Look *look);
};

constexpr Check kChecks[] = {
	{"command", "", false, IsCommand, SeeCommand},
	{"definition", "", false, IsLoad, SeeDefinition},
	{"columns", "", false, IsLoad, SeeColumns},
	{"filter", "", false, IsLoad, SeeFilter},
	{"source_server", "", false, HasSource, SeeSourceServer},
	{"source_connection", "source_server", true, HasSource, SeeSourceConnection},
	{"source", "definition columns filter source_connection", true, IsLoad, SeeSource},
	{"transform", "source", true, IsLoad, SeeTransform},
	{"source_rights", "transform", true, IsLoad, SeeSourceRights},
	{"temporary", "definition source_server", false, IsLoad, SeeTemporary},
	{"destination_server", "", false, IsRemote, SeeDestinationServer},
	{"destination_connection", "destination_server", true, IsRemote, SeeDestinationConnection},
	{"destination", "definition destination_connection", false, IsLoad, SeeDestination},
	{"destination_rights", "destination", false, IsLoad, SeeDestinationRights},
	{"ledger", "destination", false, IsRemote, SeeLedger},
	{"load", "destination", false, IsLoad, SeeLoad},
	{"column_match", "transform destination", true, IsLoad, SeeColumnMatch},
	{"drift", "column_match", true, IsLoad, SeeDrift},
	{"path", "column_match", true, IsLoad, SeePath},
};

std::optional<std::string>
FailedNeed(const Check &check, const CheckReport &report)
{
	std::string_view names = check.needs;
	while (!names.empty()) {
		std::string name(names.substr(0, names.find(' ')));
		if (report.Failed(name)) {
			return name;
		}
		names.remove_prefix(std::min(names.size(), name.size() + 1));
	}
	return std::nullopt;
}

void
Make(const Check &check, const std::string &why_not_connected, Look *look)
{
	look->check = check.name;
	if (std::optional<std::string> const failed = FailedNeed(check, look->report)) {
		look->report.NotChecked(check.name, "see " + *failed);
	} else if (check.connects && !why_not_connected.empty()) {
		look->report.NotChecked(check.name, why_not_connected, "Ask connected as that role, or as a member of it.");
	} else if (std::optional<Error> const failure = pg::Subtransaction([&] { check.run(look); })) {
		look->Failure(*failure);
	}
}

} // namespace

void
ValidateRun(const catalog::Pipeline &pipeline, const std::string &why_not_connected, CheckReport *report)
{
	RememberMappedSecrets(GetUserId());
	RunMemory memory;
	{
		Look look{pipeline, *report};
		for (const Check &check : kChecks) {
			if (check.applies(pipeline)) {
				Make(check, why_not_connected, &look);
			}
		}
		if (look.input) {
			look.input->Leave(0);
		}
	}
	memory.Free();
}

} // namespace sluice::engine
