// apply_pipeline, export_pipelines: definitions as scripts.

#include "api/arguments.hpp"
#include "api/definition_store.hpp"
#include "catalog/pipeline_graph.hpp"
#include "catalog/pipeline_json.hpp"
#include "catalog/statement.hpp"
#include "core/dependency_graph.hpp"
#include "core/identifier.hpp"
#include "core/sqlstate.hpp"
#include "pg/extension.hpp"

namespace {

using sluice::Format;
using sluice::api::Given;
using sluice::api::Owner;
using sluice::catalog::Pipeline;
using sluice::catalog::PipelineColumn;
using sluice::pg::SqlValue;

// What was chosen, and not said, is no part of the definition.
Pipeline
AsSaid(Pipeline pipeline)
{
	if (!pipeline.load_chosen) {
		pipeline.load.reset();
	}
	return pipeline;
}

// A key and its value as the definition has it.
struct Entry {
	const char *key;
	SqlValue json;	 // several lines; nothing: not set
	bool is_default; // need not be written
};

std::vector<Entry>
EntriesOf(const Pipeline &stored)
{
	Pipeline const pipeline = AsSaid(stored);
	// Time zone and owner depend on where the script is run, and so are always written: here they are empty.
	Pipeline const defaults;
	std::vector<SqlValue> const cells = sluice::catalog::JsonCells(pipeline, GetUserId());
	std::vector<Entry> entries;
	for (const PipelineColumn &column : sluice::catalog::PipelineColumns()) {
		if (column.Is(sluice::catalog::kScripted)) {
			entries.push_back(
				{column.name, cells[entries.size()], CellOf(column, pipeline) == CellOf(column, defaults)});
		}
	}
	return entries;
}

// {"filter": {"old": null, "new": "a > 0"}}
class Differences {
public:
	void Add(const char *key, const SqlValue &old_json, const SqlValue &new_json)
	{
		pairs_.push_back(
			Format(R"("{}": {{"old": {}, "new": {}}})", key, old_json.value_or("null"), new_json.value_or("null")));
	}
	bool Empty() const { return pairs_.empty(); }
	std::string Json() const { return "{" + sluice::Join(pairs_, ", ") + "}"; }

private:
	std::vector<std::string> pairs_;
};

Differences
DifferencesBetween(const Pipeline &before, const Pipeline &now)
{
	std::vector<Entry> const old_entries = EntriesOf(before);
	std::vector<Entry> const new_entries = EntriesOf(now);
	Differences differences;
	for (size_t i = 0; i < new_entries.size(); ++i) {
		if (old_entries[i].json != new_entries[i].json) {
			differences.Add(new_entries[i].key, old_entries[i].json, new_entries[i].json);
		}
	}
	return differences;
}

Differences
AllOf(const Pipeline &created)
{
	Differences differences;
	for (const Entry &entry : EntriesOf(created)) {
		if (!entry.is_default) {
			differences.Add(entry.key, std::nullopt, entry.json);
		}
	}
	return differences;
}

// The stored definition as the given one says it is to be; what that leaves out is the default.
Pipeline
Changed(const Pipeline &before, const Given &given)
{
	Pipeline now = before;
	Pipeline const defaults = sluice::api::Defaults();
	bool const keeps_choice = !given.Has(&Pipeline::load) && !before.load_chosen;
	for (const PipelineColumn &column : sluice::catalog::PipelineColumns()) {
		if (column.Is(sluice::catalog::kResettable)) {
			CopyCell(column, defaults, &now);
		}
	}
	now.load_chosen = !keeps_choice;
	if (keeps_choice) {
		now.load = before.load;
	}
	sluice::api::Apply(given, &now);
	if (now.search_path != before.search_path) {
		now.search_path = sluice::api::OwnSearchPath(now, now.search_path);
	}
	sluice::api::Complete(given, &now, &before);
	return now;
}

void
LockGraph(const Given &given, const std::optional<std::string> &own)
{
	if (given.ChangesGraph()) {
		sluice::catalog::LockGraphForChange(own, [&given] { return sluice::api::GivenTargets(given); });
	}
}

// Nothing: somebody else created it meanwhile.
std::optional<std::vector<SqlValue>>
Create(const Owner &owner, const Given &given, bool dry_run)
{
	if (!dry_run) {
		LockGraph(given, std::nullopt);
	}
	Pipeline const pipeline = sluice::api::MakePipeline(given.values.name, owner, given);
	if (!dry_run && !sluice::api::StoreNew(pipeline)) {
		return std::nullopt;
	}
	return std::vector<SqlValue>{dry_run ? std::nullopt : SqlValue(pipeline.id), "created", AllOf(pipeline).Json()};
}

// The stored definition, locked for a change.
Pipeline
Lock(const Pipeline &found, const Given &given)
{
	LockGraph(given, found.id);
	Pipeline locked = sluice::api::FindForChange(found.id);
	if (locked.name != found.name || locked.owner_oid != found.owner_oid) {
		// Renamed or given away while we waited.
		throw sluice::catalog::NoSuchPipeline(Format("{}/{}", found.owner, found.name));
	}
	return locked;
}

std::vector<SqlValue>
Alter(const Pipeline &found, const Given &given, bool dry_run)
{
	if (!sluice::api::HasRightsOf(found.owner_oid)) {
		throw sluice::Error(sluice::sqlstate::kInsufficientPrivilege,
							Format("permission denied for pipeline \"{}\"", found.name),
							Format("SET ROLE to its owner, role \"{}\", first.", found.owner));
	}
	Pipeline const before = dry_run ? found : Lock(found, given);
	Pipeline const now = Changed(before, given);
	Differences const differences = DifferencesBetween(before, now);
	if (!dry_run && !differences.Empty()) {
		sluice::api::StoreChange(now, before, Differ(now, before, sluice::catalog::kLoaded));
	}
	return {before.id, differences.Empty() ? "unchanged" : "altered", differences.Json()};
}

std::string
Indented(const std::string &json)
{
	std::string text;
	for (char const c : json) {
		text += c;
		if (c == '\n') {
			text += "    ";
		}
	}
	return text;
}

// Dollar quotes where others would have to double what is in the text, and backslashes mean something by a setting.
std::string
Quoted(const std::string &text)
{
	if (text.find_first_of("'\\") == std::string::npos) {
		return "'" + text + "'";
	}
	std::string tag = "$pipeline$";
	for (int number = 2; text.find(tag) != std::string::npos; ++number) {
		tag = Format("$pipeline{}$", number);
	}
	return tag + text + tag;
}

// Schema, type and all arguments are said: no function of somebody else's fits better, whatever the search_path.
std::string
ScriptOf(Pipeline pipeline, const std::string &schema)
{
	if (char *name = sluice::pg::Call(GetUserNameFromId, pipeline.owner_oid, true)) {
		// As it is called now.
		pipeline.owner = name;
	}
	std::vector<std::string> lines;
	for (const Entry &entry : EntriesOf(pipeline)) {
		if (entry.json && !entry.is_default) {
			lines.push_back(Format("    \"{}\": {}", entry.key, Indented(*entry.json)));
		}
	}
	return Format("SELECT {}.apply_pipeline({}::jsonb, dry_run => false);", schema,
				  Quoted("{\n" + sluice::Join(lines, ",\n") + "\n}"));
}

} // namespace

SLUICE_FUNCTION(sluice_apply_pipeline)
{
	namespace api = sluice::api;
	(void)api::RequiredArgument(fcinfo, 0, "definition", JSONBOID);
	Given const given = api::ReadDefinition(api::ObjectArgument(fcinfo, 0, "definition"));
	bool const dry_run = api::FlagArgument(fcinfo, 1, false);
	sluice::CheckPipelineName(given.values.name);
	Owner const owner =
		api::CheckOwner(given.Has(&Pipeline::owner) ? given.values.owner : sluice::catalog::CurrentUserName());
	std::optional<Pipeline> found = sluice::catalog::FindOwned(owner.oid, given.values.name);
	if (!found) {
		if (std::optional<std::vector<SqlValue>> const created = Create(owner, given, dry_run)) {
			return api::RecordResult(fcinfo, *created);
		}
		found = sluice::catalog::FindOwned(owner.oid, given.values.name);
		if (!found) {
			throw sluice::catalog::NameTaken(given.values.name, owner.name);
		}
	}
	return api::RecordResult(fcinfo, Alter(*found, given, dry_run));
}

SLUICE_FUNCTION(sluice_export_pipelines)
{
	namespace api = sluice::api;
	std::optional<Oid> owner;
	if (std::optional<std::string> const name = api::Argument(fcinfo, 0, NAMEOID)) {
		owner = sluice::pg::Call(get_role_oid, name->c_str(), false);
	}
	std::map<std::string, Pipeline> pipelines;
	std::vector<std::string> ids;
	sluice::Needs needs;
	for (Pipeline &pipeline : sluice::catalog::PipelinesOf(owner, GetUserId())) {
		std::vector<std::string> &needed = needs[pipeline.id] = pipeline.depends_on;
		if (pipeline.on_failure) {
			needed.push_back(*pipeline.on_failure);
		}
		ids.push_back(pipeline.id);
		pipelines.emplace(pipeline.id, std::move(pipeline));
	}
	std::string const schema = sluice::pg::RequireExtension().schema_name;
	std::vector<std::vector<SqlValue>> rows;
	for (const std::string &id : sluice::NeedsFirst(ids, needs)) {
		api::CheckInterrupts();
		rows.push_back({ScriptOf(pipelines.at(id), schema)});
	}
	return api::RowsResult(fcinfo, rows);
}
