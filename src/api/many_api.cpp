// create_pipelines: one pipeline for each of many tables of a source.

#include <map>

#include "api/arguments.hpp"
#include "api/as_owner.hpp"
#include "api/definition_store.hpp"
#include "catalog/pipeline_options.hpp"
#include "catalog/statement.hpp"
#include "core/ascii.hpp"
#include "core/column_case.hpp"
#include "core/identifier.hpp"
#include "core/sqlstate.hpp"
#include "core/table_pattern.hpp"
#include "engine/source/drivers.hpp"

namespace sluice::api {

namespace {

using catalog::Pipeline;
using engine::ListedTable;
using engine::TableKeys;

constexpr size_t kMostPipelines = 10'000;

struct Wanted {
	std::vector<std::string> tables;
	std::string name_pattern;
	std::optional<std::string> destination_schema;
	std::string destination_pattern;
	std::vector<std::string> cursor_candidates;
	Given given; // what is the same for all
	Owner owner;
	bool dry_run = false;
};

// A table that is to have a pipeline.
struct Chosen {
	ListedTable table;
	std::string name;
	TableKeys keys;
};

struct Made {
	std::optional<std::string> id;
	std::optional<std::string> load;
	std::vector<std::string> notes;
};

std::string
NameThere(const ListedTable &table)
{
	return table.name.schema + "." + table.name.table;
}

std::vector<Chosen>
Choose(const Wanted &wanted, std::vector<ListedTable> tables, const std::string &server)
{
	if (tables.size() > engine::kMostListed) {
		throw Error(sqlstate::kProgramLimitExceeded,
					Format("server \"{}\" shows more than {} tables", server, engine::kMostListed),
					"Let the user of the mapping see fewer, or define the pipelines with create_pipeline.");
	}
	std::vector<PatternTarget> targets;
	targets.reserve(tables.size());
	for (const ListedTable &table : tables) {
		targets.push_back({table.name.schema, table.name.table, table.by_name_only, table.visible});
	}
	std::vector<size_t> const places = SelectTables(wanted.tables, targets, server);
	if (places.size() > kMostPipelines) {
		throw Error(sqlstate::kProgramLimitExceeded,
					Format("{} tables of server \"{}\" fit, more than {}", places.size(), server, kMostPipelines),
					"Name fewer tables a call.");
	}
	std::vector<Chosen> chosen;
	std::map<std::string, size_t> taken;
	for (size_t const place : places) {
		ListedTable &table = tables[place];
		std::string const name =
			FillTablePattern("name_pattern", wanted.name_pattern, table.name.schema, table.name.table);
		auto const [other, is_new] = taken.emplace(name, place);
		if (!is_new) {
			throw Error(sqlstate::kDuplicateObject,
						Format("tables {} and {} would both have a pipeline \"{}\"", NameThere(tables[other->second]),
							   NameThere(table), name),
						"Use name_pattern => '{schema}_{table}'.");
		}
		CheckPipelineName(name);
		chosen.push_back({table, name, {}});
	}
	return chosen;
}

// As the owner, over one connection.
std::vector<Chosen>
LookAtSource(const Wanted &wanted)
{
	Pipeline pipeline = Defaults();
	pipeline.owner_oid = wanted.owner.oid;
	pipeline.owner = wanted.owner.name;
	Apply(wanted.given, &pipeline);
	pipeline.search_path = OwnSearchPath(pipeline, std::nullopt);
	RequireConnecting(pipeline);
	std::vector<Chosen> chosen;
	LookAsOwner(pipeline, [&] {
		std::unique_ptr<engine::TableListing> const listing =
			engine::ListSource(pipeline, catalog::ReadOptions(pipeline.options));
		chosen = Choose(wanted, listing->Tables(), *pipeline.source);
		for (Chosen &one : chosen) {
			CheckInterrupts();
			if (one.table.readable) {
				one.keys = listing->Keys(one.table);
			}
		}
	});
	return chosen;
}

void
Set(catalog::PipelineMember member, const std::string &value, Given *given)
{
	const catalog::PipelineColumn &column = catalog::ColumnOf(member);
	SetCell(column, value, &given->values);
	given->columns.push_back(&column);
}

// Whether a run can tell rows by keys: what says how rows are loaded leaves it open, or asks for it.
bool
WantsKeys(const Given &given)
{
	const std::optional<std::string> &load = given.values.load;
	return load != "append" && load != "replace";
}

// The first candidate that is there. The watermark of one that was not asked for might leave rows out; and without
// keys a row that changes would be appended anew, which must be asked for.
void
ChooseCursor(const Wanted &wanted, const TableKeys &keys, bool known_by_keys, Given *given,
			 std::vector<std::string> *notes)
{
	if (wanted.cursor_candidates.empty() || given->values.load == "replace") {
		return;
	}
	if (!known_by_keys && given->values.load != "append") {
		notes->push_back("no cursor_column without a key, unless load is 'append'");
		return;
	}
	for (const std::string &candidate : wanted.cursor_candidates) {
		auto const found =
			std::find_if(keys.columns.begin(), keys.columns.end(), [&candidate](const engine::ListedColumn &column) {
				return EqualsIgnoringCase(column.name, candidate);
			});
		if (found == keys.columns.end()) {
			continue;
		}
		if (!found->can_be_cursor) {
			notes->push_back(Format("column {} cannot be a cursor", found->name));
			continue;
		}
		Set(&Pipeline::cursor_column, found->name, given);
		bool const told = catalog::ReadOptions(given->values.options).IsGiven("on_null_cursor");
		notes->push_back(Format("cursor_column: {}{}", found->name,
								found->not_null || told ? "" : ", which may be NULL: see the option on_null_cursor"));
		return;
	}
	notes->push_back("no cursor_column: none of cursor_candidates is there");
}

Given
DefinitionOf(const Wanted &wanted, const Chosen &chosen, std::vector<std::string> *notes)
{
	Given given = wanted.given;
	const engine::SourceName &there = chosen.table.name;
	Set(&Pipeline::source_table, pg::QuoteIdentifier(there.schema) + "." + pg::QuoteIdentifier(there.table), &given);
	std::string destination = pg::QuoteIdentifier(
		FillTablePattern("destination_pattern", wanted.destination_pattern, there.schema, there.table));
	if (wanted.destination_schema) {
		destination = pg::QuoteIdentifier(FillTablePattern("destination_schema", *wanted.destination_schema,
														   there.schema, there.table)) +
					  "." + destination;
	}
	Set(&Pipeline::destination_table, destination, &given);
	const std::vector<std::string> &key = chosen.keys.key;
	bool const by_keys = WantsKeys(given) && !key.empty();
	if (by_keys) {
		ColumnCase const naming = ParseColumnCase(catalog::ReadOptions(given.values.options).Text("column_case"));
		std::vector<std::string> here;
		for (const std::string &column : key) {
			here.push_back(CasedName(column, naming));
		}
		Set(&Pipeline::key_columns, catalog::PlainArray(here), &given);
		notes->push_back("key_columns: " + Join(here, ", "));
	} else if (WantsKeys(given)) {
		notes->push_back("no primary key at the source");
	}
	ChooseCursor(wanted, chosen.keys, by_keys, &given, notes);
	return given;
}

bool
LoadsAnother(const Pipeline &existing, const Wanted &wanted, const Chosen &chosen)
{
	const engine::SourceName &there = chosen.table.name;
	return existing.source != wanted.given.values.source || !existing.source_table ||
		   SplitQualifiedName(*existing.source_table) != std::vector<std::string>{there.schema, there.table};
}

Made
Make(const Wanted &wanted, const Chosen &chosen, std::map<std::string, std::string> *destinations)
{
	Made made;
	if (!chosen.table.readable) {
		made.notes.emplace_back("skipped: the user of the mapping may not read all of it");
		return made;
	}
	if (std::optional<Pipeline> const existing = catalog::FindOwned(wanted.owner.oid, chosen.name)) {
		made.id = existing->id;
		made.load = existing->load;
		made.notes.emplace_back(LoadsAnother(*existing, wanted, chosen) ? "exists already, and loads something else"
																		: "exists already");
		return made;
	}
	KeptNotices const notices;
	Pipeline const pipeline = MakePipeline(chosen.name, wanted.owner, DefinitionOf(wanted, chosen, &made.notes));
	auto const [other, is_new] =
		destinations->emplace(pipeline.destination_table.value_or(""), NameThere(chosen.table));
	if (!is_new) {
		throw Error(sqlstate::kDuplicateObject,
					Format("tables {} and {} would both be loaded into {}", other->second, NameThere(chosen.table),
						   *pipeline.destination_table),
					"Use destination_pattern => '{schema}_{table}', or destination_schema => '{schema}'.");
	}
	if (!wanted.dry_run) {
		if (!StoreNew(pipeline)) {
			throw catalog::NameTaken(pipeline.name, pipeline.owner);
		}
		made.id = pipeline.id;
	}
	made.load = pipeline.load;
	std::string const subject = Format("pipeline \"{}\" ", pipeline.name);
	for (const std::string &message : notices.Messages()) {
		made.notes.push_back(message.starts_with(subject) ? message.substr(subject.size()) : message);
	}
	return made;
}

Wanted
ReadWanted(FunctionCallInfo fcinfo)
{
	Wanted wanted;
	std::string const source = RequiredArgument(fcinfo, 0, "source", NAMEOID);
	wanted.tables = RequiredListArgument(fcinfo, 1, "tables");
	wanted.name_pattern = RequiredArgument(fcinfo, 2, "name_pattern");
	wanted.destination_schema = Argument(fcinfo, 3);
	wanted.destination_pattern = RequiredArgument(fcinfo, 4, "destination_pattern");
	wanted.cursor_candidates = ListArgument(fcinfo, 5, "cursor_candidates").value_or(std::vector<std::string>{});
	wanted.given =
		ReadGivenOf(fcinfo, 6,
					{&Pipeline::destination, &Pipeline::load, &Pipeline::schedule, &Pipeline::timezone,
					 &Pipeline::description, &Pipeline::tags, &Pipeline::status, &Pipeline::owner, &Pipeline::options});
	wanted.dry_run = FlagArgument(fcinfo, 15, false);
	Set(&Pipeline::source, source, &wanted.given);
	wanted.owner =
		CheckOwner(wanted.given.Has(&Pipeline::owner) ? wanted.given.values.owner : catalog::CurrentUserName());
	return wanted;
}

} // namespace

} // namespace sluice::api

SLUICE_FUNCTION(sluice_create_pipelines)
{
	namespace api = sluice::api;
	api::Wanted const wanted = api::ReadWanted(fcinfo);
	std::map<std::string, std::string> destinations;
	std::vector<std::vector<sluice::pg::SqlValue>> rows;
	for (const api::Chosen &chosen : api::LookAtSource(wanted)) {
		api::CheckInterrupts();
		api::Made made;
		try {
			made = api::Make(wanted, chosen, &destinations);
		} catch (const sluice::Error &error) {
			throw error.WithContext(sluice::Format("pipeline of source table {}", api::NameThere(chosen.table)));
		}
		rows.push_back({made.id, chosen.name, made.load, sluice::Join(made.notes, "; ")});
	}
	return api::RowsResult(fcinfo, rows);
}
