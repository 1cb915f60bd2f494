// The checks of create_pipeline and alter_pipeline, and the choices they make.

#include "api/arguments.hpp"
#include "api/as_owner.hpp"
#include "api/definition.hpp"
#include "api/definition_store.hpp"
#include "api/dependencies.hpp"
#include "api/due_time.hpp"
#include "api/names.hpp"
#include "api/rights.hpp"
#include "catalog/pipeline_options.hpp"
#include "catalog/pipeline_schedule.hpp"
#include "core/idle_options.hpp"
#include "core/load_plan.hpp"
#include "core/nearest.hpp"
#include "core/sqlstate.hpp"
#include "engine/load/losses.hpp"
#include "engine/run.hpp"
#include "engine/source/drivers.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/search_path.hpp"
#include "pg/settings.hpp"

namespace sluice::api {

namespace {

using catalog::Pipeline;

void
CheckChoice(const char *argument, const std::string &value, const std::vector<std::string> &choices)
{
	if (std::find(choices.begin(), choices.end(), value) != choices.end()) {
		return;
	}
	std::optional<std::string> const nearest = Nearest(value, choices);
	throw Error(sqlstate::kInvalidParameterValue, Format("invalid value for {}: \"{}\"", argument, value),
				nearest ? Format("Perhaps you meant \"{}\".", *nearest) : Format("It can be {}.", Join(choices, ", ")));
}

Error
Incomplete(const Pipeline &pipeline, const std::string &what, const std::string &hint)
{
	return Error(sqlstate::kPipelineIncomplete, Format("pipeline \"{}\" {}", pipeline.name, what), hint);
}

// A command stands in place of all that says what is loaded.
void
CheckCommandAlone(const Pipeline &pipeline)
{
	for (const catalog::PipelineMember member :
		 {catalog::PipelineMember(&Pipeline::source), catalog::PipelineMember(&Pipeline::source_table),
		  catalog::PipelineMember(&Pipeline::source_query), catalog::PipelineMember(&Pipeline::destination),
		  catalog::PipelineMember(&Pipeline::destination_table), catalog::PipelineMember(&Pipeline::load),
		  catalog::PipelineMember(&Pipeline::key_columns), catalog::PipelineMember(&Pipeline::cursor_column),
		  catalog::PipelineMember(&Pipeline::columns), catalog::PipelineMember(&Pipeline::filter)}) {
		const catalog::PipelineColumn &column = catalog::ColumnOf(member);
		if (catalog::CellOf(column, pipeline)) {
			throw Incomplete(pipeline, Format("has both a command and a {}", column.name),
							 Format("A command runs in place of a load; alter_pipeline(..., reset => '{{{}}}') clears "
									"the other.",
									column.name));
		}
	}
	if (pipeline.IsContinuous()) {
		throw Incomplete(pipeline, "has a command, and mode realtime", "Use mode => 'batch'.");
	}
}

void
CheckParts(const Pipeline &pipeline)
{
	if (pipeline.command) {
		CheckCommandAlone(pipeline);
		return;
	}
	if (pipeline.source_table && pipeline.source_query) {
		throw Incomplete(pipeline, "has both a source_table and a source_query",
						 "Give one of them; alter_pipeline(..., reset => '{source_table}') clears the other.");
	}
	if (pipeline.status != "active") {
		return;
	}
	constexpr const char *kHint = "Give it, or keep the pipeline with status => 'inactive' until it is complete.";
	if (!pipeline.source_table && !pipeline.source_query) {
		throw Incomplete(pipeline, "has no source_table, source_query or command", kHint);
	}
	if (!pipeline.destination_table) {
		throw Incomplete(pipeline, "has no destination_table", kHint);
	}
}

leaf::RelationName
Find(const std::string &name, bool for_creation)
{
	leaf::RelationName found{};
	pg::Call(leaf::FindRelation, name.c_str(), for_creation, &found);
	return found;
}

void
QualifySource(Pipeline *pipeline)
{
	if (!pipeline->source_table) {
		return;
	}
	if (pipeline->source) {
		// The name is one of the source's, unless it is the name of a local foreign table of that server.
		ForeignServer *server = pg::Call(GetForeignServerByName, pipeline->source->c_str(), true);
		if (server == nullptr || !engine::MayNameForeignTable(*server)) {
			return;
		}
		// A name of the source need not be one of ours.
		std::optional<leaf::RelationName> found;
		std::optional<Error> const unnameable =
			pg::Subtransaction([&] { found = Find(*pipeline->source_table, false); });
		if (!unnameable && found && found->server == server->serverid) {
			pipeline->source_table = found->qualified;
		}
		return;
	}
	leaf::RelationName const found = Find(*pipeline->source_table, false);
	if (found.temporary) {
		throw Error(sqlstate::kWrongObjectType, Format("source \"{}\" is a temporary table", *pipeline->source_table),
					pg::kTemporaryHint);
	}
	if (OidIsValid(found.relation)) {
		pipeline->source_table = found.qualified;
	} else if (pipeline->status == "active" && pipeline->depends_on.empty()) {
		throw Error(sqlstate::kUndefinedTable, Format("relation \"{}\" does not exist", *pipeline->source_table),
					"source_table without source is a table of this database; name a foreign server as source to read "
					"from elsewhere.");
	}
}

leaf::RelationName
FindDestination(const Pipeline &pipeline)
{
	try {
		return Find(*pipeline.destination_table, pipeline.status == "active");
	} catch (const Error &error) {
		if (error.State() != sqlstate::kInvalidSchemaName) {
			throw;
		}
		throw Error(error.State(), error.Info().message,
					"Create the schema, or name another one in destination_table.");
	}
}

// Returns the destination as it is; InvalidOid: still to be created.
Oid
QualifyDestination(Pipeline *pipeline)
{
	leaf::RelationName const found = FindDestination(*pipeline);
	if (found.temporary) {
		throw Error(sqlstate::kWrongObjectType,
					Format("destination \"{}\" is a temporary table", *pipeline->destination_table),
					pg::kTemporaryHint);
	}
	if (found.qualified != nullptr) {
		pipeline->destination_table = found.qualified;
	}
	return found.relation;
}

bool
HasKeys(const Pipeline &pipeline)
{
	return pipeline.key_columns && *pipeline.key_columns != "{}";
}

// A row that has changed comes again, and only keys tell that it is no other one.
void
CheckLateRows(const Pipeline &pipeline, const OptionValues &options)
{
	if (options.Text("late_rows") != "xmin") {
		return;
	}
	if (!pipeline.cursor_column || !HasKeys(pipeline)) {
		throw Error(sqlstate::kInvalidParameterValue,
					"the option late_rows cannot be xmin without cursor_column and key_columns",
					"Rows that are read again are found by their keys: use load => 'merge' or 'history' with both, or "
					"set late_rows to auto or lag.");
	}
	if (pipeline.source_query) {
		throw Error(sqlstate::kInvalidParameterValue, "the option late_rows cannot be xmin with a source_query",
					"A query has no xmin: name the table in source_table, or set late_rows to auto or lag.");
	}
	if (options.Integer("commit_every") > 0) {
		throw Error(sqlstate::kInvalidParameterValue, "the option late_rows cannot be xmin together with commit_every",
					"Each chunk would read the same late rows again: set commit_every to 0, or late_rows to auto or "
					"lag.");
	}
}

// What cursor_column and key_columns cannot be had with.
void
CheckKeysAndCursor(const Pipeline &pipeline)
{
	bool const keys = HasKeys(pipeline);
	if (pipeline.cursor_column && pipeline.load == "replace") {
		throw Error(
			sqlstate::kInvalidParameterValue, "cursor_column has no meaning with load => 'replace'",
			"A replace reads everything. Use load => 'append' or 'merge' to load what is new, or leave cursor_column "
			"out.");
	}
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	if (options.Integer("commit_every") > 0 &&
		(!pipeline.cursor_column || pipeline.IsContinuous() || pipeline.load == "history")) {
		throw Error(sqlstate::kInvalidParameterValue, "the option commit_every needs a cursor_column",
					"Its values say from where a run goes on that was cut short: give it one, with load => 'append' or "
					"'merge', "
					"or set commit_every to 0.");
	}
	CheckLateRows(pipeline, options);
	if (options.Integer("commit_every") > 0 && options.IsGiven("transform")) {
		throw Error(
			sqlstate::kInvalidParameterValue, "the options commit_every and transform cannot be had together",
			"A transform computes over all rows of a run, of which a chunk has a part: set one of them to null.");
	}
	if (pipeline.cursor_column && pipeline.load == "mirror") {
		throw Error(
			sqlstate::kInvalidParameterValue, "cursor_column has no meaning with load => 'mirror'",
			"What is gone shows only where everything is read. Use load => 'merge' to load what has changed, or "
			"leave cursor_column out.");
	}
	std::optional<LoadMode> const mode = ParseLoadMode(pipeline.load.value_or(""));
	bool const finds_by_keys = mode && FindsByKeys(*mode);
	if (keys && pipeline.load && !finds_by_keys) {
		throw Error(sqlstate::kInvalidParameterValue,
					Format("key_columns have no meaning with load => '{}'", *pipeline.load),
					"Use load => 'merge' to update the rows that are there, or leave key_columns out.");
	}
	if (!keys && finds_by_keys && pipeline.status == "active") {
		throw Incomplete(pipeline, Format("has load => '{}' and no key_columns", *pipeline.load),
						 "Name the columns of the destination that say which row is meant, such as its primary key.");
	}
	if (pipeline.destination && options.Integer("commit_every") > 0) {
		throw Error(sqlstate::kFeatureNotSupported,
					"the option commit_every is not supported for a destination at another server",
					"Each run is one transaction there: set commit_every to 0, or load into a table of this database.");
	}
}

void
ChooseLoad(Pipeline *pipeline, Oid destination)
{
	bool const keys = HasKeys(*pipeline);
	if (keys || pipeline->cursor_column) {
		pipeline->load = keys ? "merge" : "append";
		Notice(Format("pipeline \"{}\" uses load => '{}', because it has {}", pipeline->name, *pipeline->load,
					  !keys						? "a cursor_column"
					  : pipeline->cursor_column ? "key_columns and a cursor_column"
												: "key_columns"));
		return;
	}
	if (pipeline->destination) {
		throw Error(
			sqlstate::kInvalidParameterValue,
			Format("load must be given, because destination \"{}\" is at another server", *pipeline->destination_table),
			"Say load => 'append' to add the rows of every run to it, or load => 'replace' to replace all rows "
			"that are in it.");
	}
	if (OidIsValid(destination) && destination != catalog::CreatedRelation(pipeline->id)) {
		throw Error(sqlstate::kInvalidParameterValue,
					Format("load must be given, because destination \"{}\" exists", *pipeline->destination_table),
					"Say load => 'append' to add the rows of every run to it, or load => 'replace' to replace all rows "
					"that are in it.");
	}
	pipeline->load = "replace";
	pipeline->load_chosen = false;
	Notice(Format("pipeline \"{}\" uses load => 'replace', because {} its destination \"{}\"", pipeline->name,
				  OidIsValid(destination) ? "it created" : "its first run will create", *pipeline->destination_table));
}

// An option that has a say in what may be read and loaded.
bool
RuleChanged(const Pipeline &now, const Pipeline &before)
{
	if (now.options == before.options) {
		return false;
	}
	OptionValues const options = catalog::ReadOptions(now.options);
	OptionValues const old_options = catalog::ReadOptions(before.options);
	constexpr std::array kRules = {"mysql_source",		 "on_loss",			  "column_case",	 "column_types",
								   "exclude_columns",	 "on_reject",		  "max_rejects",	 "transform",
								   "before_sql",		 "after_sql",		  "verify",			 "scope",
								   "soft_delete_column", "valid_from_column", "valid_to_column", "current_column"};
	if (options.IsGiven("command_transaction") != old_options.IsGiven("command_transaction") ||
		options.Boolean("command_transaction") != old_options.Boolean("command_transaction")) {
		return true;
	}
	constexpr std::array kPolicies = {"on_new_column", "on_missing_column", "on_changed_type"};
	return options.Boolean("load_columns") != old_options.Boolean("load_columns") ||
		   std::any_of(
			   kRules.begin(), kRules.end(),
			   [&options, &old_options](const char *rule) { return options.Text(rule) != old_options.Text(rule); }) ||
		   std::any_of(kPolicies.begin(), kPolicies.end(), [&options, &old_options](const char *policy) {
			   const std::string &word = options.Text(policy);
			   return word != old_options.Text(policy) && (word == "evolve" || word == "discard_row");
		   });
}

// Whether something that decides how rows travel is not as it was.
bool
DataChanged(const Pipeline &now, const Pipeline *before)
{
	return before == nullptr || catalog::Differ(now, *before, catalog::kTravels) || RuleChanged(now, *before) ||
		   (now.status == "active" && before->status != "active");
}

bool
ScheduleChanged(const Pipeline &now, const Pipeline *before)
{
	return before == nullptr || !catalog::HaveSameSchedule(now, *before) || now.status != before->status;
}

void
TellSchedule(const Pipeline &pipeline)
{
	std::optional<TimestampTz> const next = NextDue(pipeline);
	TellNextDue(pipeline, next);
	if (next && !pg::IsPreloaded()) {
		Warning(Format("pipeline \"{}\" will not start by itself, because pg_sluice is not preloaded", pipeline.name),
				PreloadHint());
	}
}

// A literal of a domain, also within a composite or an array, runs the domain's CHECK: code of who owns the pipeline or
// has owned it. So it is parsed only for its owner, and whoever makes it for another role, or takes it over, runs
// nothing.
bool
MayAnalyze(const Pipeline &pipeline, const Pipeline *before)
{
	return pipeline.owner_oid == GetUserId() &&
		   (before == nullptr || !catalog::HadAnotherOwner(pipeline.id, pipeline.owner_oid));
}

// What only parsing in this database can tell. A relation that is missing may be the work of another pipeline.
void
Analyze(const Pipeline &pipeline, bool starts_afresh)
{
	auto const analyze = [&pipeline, starts_afresh] { engine::AnalyzeDefinition(pipeline, starts_afresh); };
	if (pipeline.depends_on.empty()) {
		analyze();
		return;
	}
	std::optional<Error> const failure = pg::Subtransaction(analyze);
	if (!failure) {
		return;
	}
	if (failure->State() != sqlstate::kUndefinedTable) {
		throw *failure;
	}
	Notice(Format("what pipeline \"{}\" reads is checked by its run: {}", pipeline.name, failure->what()),
		   "A pipeline that it depends on may create it.");
}

// They may be granted later, so it is no error.
void
TellMissingRights(const Pipeline &pipeline)
{
	std::vector<engine::MissingRight> missing;
	AsOwner(pipeline, [&] { missing = engine::MissingRights(pipeline); });
	for (const engine::MissingRight &right : missing) {
		Notice(Format("runs of pipeline \"{}\" will fail: {}", pipeline.name, right.message), right.hint);
	}
}

// Where both are here and no column is computed, the catalogs tell.
void
TellLosses(const Pipeline &pipeline, Oid destination)
{
	if (pipeline.source || !pipeline.source_table || pipeline.columns || !OidIsValid(destination)) {
		return;
	}
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	if (options.Text("column_case") != "keep" || options.IsGiven("column_types") ||
		options.IsGiven("exclude_columns") || options.IsGiven("transform")) {
		return;
	}
	bool const exact = options.Text("on_loss") == "fail";
	for (const std::string &loss :
		 engine::LossesBetween(*pipeline.source_table, destination, *pipeline.destination_table, pipeline.timezone)) {
		if (exact) {
			Notice(loss, "The option on_loss is 'fail': a value that would be changed fails the run.");
		} else {
			Warning(loss, "Widen the column of the destination, or cast it in columns where that is meant; or let a "
						  "run fail where it would change a value: {\"on_loss\": \"fail\"} in options.");
		}
	}
}

// A key that is known may still be one of another load.
void
TellIdleOptions(const Pipeline &pipeline, const Pipeline *before)
{
	std::optional<LoadMode> const mode = ParseLoadMode(pipeline.load.value_or(""));
	bool const same = before != nullptr && before->options == pipeline.options && before->load == pipeline.load &&
					  before->cursor_column == pipeline.cursor_column;
	if (!mode || same) {
		return;
	}
	std::vector<std::string> const idle =
		IdleOptions(catalog::ReadOptions(pipeline.options), *mode, pipeline.cursor_column.has_value());
	if (!idle.empty()) {
		Notice(Format("options of pipeline \"{}\" that have no effect: {}", pipeline.name, Join(idle, ", ")));
	}
}

} // namespace

void
Complete(const Given &given, Pipeline *pipeline, const Pipeline *before)
{
	bool const load_given = given.Has(&Pipeline::load);
	pipeline->load_chosen = pipeline->load_chosen || load_given;
	if (!pipeline->IsContinuous()) {
		// The other mode is offered to nobody before a source that people have can do it.
		CheckChoice("mode", pipeline->mode, {"batch"});
	}
	CheckChoice("status", pipeline->status, {"active", "inactive"});
	if (pipeline->load) {
		CheckChoice("load", *pipeline->load, {"append", "replace", "merge", "mirror", "history"});
	}
	if ((pipeline->cursor_column || HasKeys(*pipeline) || pipeline->command) && !pipeline->load_chosen) {
		// It was chosen for another load.
		pipeline->load.reset();
		pipeline->load_chosen = true;
	}
	CheckKeysAndCursor(*pipeline);
	CheckParts(*pipeline);
	CheckDependencies(*pipeline, before);
	bool const schedule_changed = ScheduleChanged(*pipeline, before);
	if (schedule_changed) {
		CheckSchedule(pipeline);
	}
	bool const data_changed = DataChanged(*pipeline, before);
	if (data_changed) {
		QualifySource(pipeline);
		Oid destination = InvalidOid;
		if (pipeline->destination_table) {
			destination = pipeline->destination ? InvalidOid : QualifyDestination(pipeline);
			// A replace that was meant for one table must not empty another one.
			if (before != nullptr && !load_given && pipeline->load == "replace" &&
				(pipeline->destination_table != before->destination_table ||
				 pipeline->destination != before->destination)) {
				pipeline->load.reset();
			}
			if (!pipeline->load && pipeline->status == "active") {
				ChooseLoad(pipeline, destination);
			}
		}
		if (pipeline->status == "active") {
			bool const may_analyze = MayAnalyze(*pipeline, before);
			bool const starts_afresh = before == nullptr || catalog::Differ(*pipeline, *before, catalog::kLoaded) ||
									   ColumnOptionsChanged(*pipeline, *before);
			AsOwner(*pipeline, [pipeline, may_analyze, starts_afresh] {
				engine::CheckDefinition(*pipeline);
				if (may_analyze) {
					Analyze(*pipeline, starts_afresh);
				}
			});
			TellMissingRights(*pipeline);
			TellLosses(*pipeline, destination);
		}
	}
	if (pipeline->status != "active") {
		return;
	}
	TellIdleOptions(*pipeline, before);
	if (pipeline->schedule && pipeline->load == "append" && !pipeline->cursor_column && !pipeline->filter &&
		(schedule_changed || data_changed)) {
		Warning(Format("every run of pipeline \"{}\" loads every row again", pipeline->name),
				"Give it a cursor_column, use load => 'replace', or a filter that selects what is new.");
	}
	if (schedule_changed) {
		TellSchedule(*pipeline);
	}
}

std::string
OwnSearchPath(const Pipeline &pipeline, const std::optional<std::string> &path)
{
	pg::TrustedPath trusted = pg::Trusted(path, pipeline.owner_oid);
	if (!trusted.dropped.empty()) {
		Notice(Format("search_path of pipeline \"{}\" leaves out: {}", pipeline.name, trusted.dropped),
			   "Others may create objects there, which would then run as the owner. Write the functions that you "
			   "need from there with their schema.");
	}
	return trusted.kept;
}

} // namespace sluice::api
