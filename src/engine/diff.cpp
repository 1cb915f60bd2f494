#include "engine/diff.hpp"

#include "catalog/pipeline_keys.hpp"
#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/known_secrets.hpp"
#include "engine/load/keyed_rows.hpp"
#include "engine/load/local_workplace.hpp"
#include "engine/load/remote_workplace.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/source/cursor_source.hpp"
#include "engine/source/executor_reader.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/row_store.hpp"
#include "engine/source/run_input.hpp"
#include "engine/source/wire_reader.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/target/row_keys.hpp"
#include "pg/read_only.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

namespace {

// The columns that are compared, as parts of statements over d, the destination, and s, the source's staged rows.
class Compared {
public:
	// The stamps of load_columns are staged and not compared. Throws Error where a key is none of them.
	// cursor: staged behind them where rows without a value of it are left out by runs; NULL: there are none.
	Compared(const std::vector<WorkColumn> &loaded, const std::vector<std::string> &keys, const CursorColumn *cursor);

	const std::string &Definitions() const { return definitions_; }
	std::string SameKey() const { return same_key_; }
	// By their images, as a merge does.
	std::string SameRow() const
	{
		return Format("{} AND ROW({})::pg_catalog.record OPERATOR(pg_catalog.*=) ROW({})::pg_catalog.record", same_key_,
					  List("d"), List("s"));
	}
	std::string Keys(const char *alias) const { return Qualified(keys_, alias); }
	std::string List(const char *alias) const { return Qualified(columns_, alias); }
	std::string AnyKeyIsNull() const;
	// That a row of the source is one that runs load.
	const std::string &IsLoaded() const { return is_loaded_; }

private:
	static std::string Qualified(const std::vector<std::string> &names, const char *alias)
	{
		std::string list;
		for (const std::string &name : names) {
			list += Format("{}{}.{}", list.empty() ? "" : ", ", alias, name);
		}
		return list;
	}

	std::vector<std::string> columns_; // quoted
	std::vector<std::string> keys_;	   // quoted
	std::string same_key_;
	std::string definitions_;
	std::string is_loaded_ = "true";
};

Compared::Compared(const std::vector<WorkColumn> &loaded, const std::vector<std::string> &keys,
				   const CursorColumn *cursor)
{
	for (const WorkColumn &column : loaded) {
		std::string const quoted = pg::QuoteIdentifier(column.name);
		if (!column.is_stamp) {
			columns_.push_back(quoted);
		}
		definitions_ += Format("{}{} {}", definitions_.empty() ? "(" : ", ", quoted, column.type);
		if (std::find(keys.begin(), keys.end(), column.name) != keys.end()) {
			keys_.push_back(quoted);
			same_key_ += Format("{}d.{} {} s.{}", same_key_.empty() ? "" : " AND ", quoted, column.equals, quoted);
		}
	}
	if (cursor != nullptr) {
		std::string const quoted = pg::QuoteIdentifier(kStagedCursor);
		definitions_ += Format(", {} pg_catalog.{}", quoted, cursor->type->name);
		is_loaded_ = Format("s.{} IS NOT NULL", quoted);
	}
	definitions_ += ")";
	if (keys_.size() != keys.size()) {
		throw Error(sqlstate::kUndefinedColumn, "a key column is not loaded",
					"Give it a value in columns, or take other key_columns: they name columns of the destination.");
	}
}

std::string
Compared::AnyKeyIsNull() const
{
	std::string condition;
	for (const std::string &key : keys_) {
		condition += Format("{}s.{} IS NULL", condition.empty() ? "" : " OR ", key);
	}
	return condition;
}

void
Write(RowReader &reader, Workplace &place)
{
	while (Batch *batch = reader.Next()) {
		place.Write(batch);
	}
	reader.Finish();
}

// All rows of the source, as a run computes them, in the destination's types. Returns how many there are.
int64_t
StageSource(const RunInput &input, const MappedQuery &query, const CursorColumn *cursor, Workplace &place,
			RunJournal &journal)
{
	auto const with_cursor = [cursor](MappingInput mapping) {
		mapping.leave_out = LeaveOut::All; // the staging table has the columns that are loaded, and no others
		return WithCursor(std::move(mapping), cursor);
	};
	if (input.Wire() != nullptr && query.NeedsSql().empty()) {
		MappedQuery wide(with_cursor(input.Mapping()));
		if (query.IsFilterElsewhere()) {
			wide.TakeFilterAway();
		}
		ColumnMatch const match = place.Expect(wide);
		WireReader reader(*input.Wire(), wide.Analyzed(), match.target_list, place.RowType());
		Write(reader, place);
		return place.Close();
	}
	std::optional<RowStore> rows;
	MappingInput mapping = input.Mapping();
	if (input.Wire() != nullptr) {
		rows.emplace(input.Wire()->RowType());
		WireReader wire(*input.Wire());
		rows->KeepAll(wire);
		mapping = input.StagedMapping(query);
	}
	MappedQuery const read(with_cursor(mapping));
	ColumnMatch const match = place.Expect(read);
	ExecutorReader reader(read.Analyzed(), match.target_list, place.RowType(), input.Fetch(), journal,
						  rows ? rows->Scope(0) : leaf::ScanScope{});
	Write(reader, place);
	if (rows) {
		rows->Drop();
	}
	return place.Close();
}

// Rows of `from`, an alias for each kind of row, as one JSON array.
Difference
Find(Workplace &place, const std::string &kind, const std::string &what, const std::string &from,
	 const std::string &json, const std::string &order, int samples)
{
	pg::SqlResult const found = place.Run(
		Format("SELECT (SELECT pg_catalog.count(*) FROM (SELECT {0} FROM {1}) AS c), (SELECT "
			   "COALESCE(pg_catalog.jsonb_agg(j.sample), '[]') FROM (SELECT {2} AS sample FROM {1} ORDER BY {3} "
			   "LIMIT {4}) AS j)",
			   what, from, json, order, samples));
	return {kind, found.Integer(0, 0), found.Text(0, 1)};
}

std::vector<Difference>
Compare(Workplace &place, const Compared &columns, int samples)
{
	std::string const destination = place.Table();
	const std::string &source = place.Staged();
	// What to_jsonb() makes of a row: a subselect has the columns by their names.
	auto const row = [&columns](const char *alias) {
		return Format("(SELECT pg_catalog.to_jsonb(r) FROM (SELECT {}) AS r)", columns.List(alias));
	};
	std::string const same = columns.SameKey();
	std::vector<Difference> differences;
	differences.push_back(Find(place, "missing", "DISTINCT " + columns.Keys("s"),
							   Format("{} AS s WHERE {} AND NOT EXISTS (SELECT FROM {} AS d WHERE {})", source,
									  columns.IsLoaded(), destination, same),
							   row("s"), columns.Keys("s"), samples));
	differences.push_back(
		Find(place, "extra", "1",
			 Format("{} AS d WHERE NOT EXISTS (SELECT FROM {} AS s WHERE {})", destination, source, same), row("d"),
			 columns.Keys("d"), samples));
	// Of several rows of the source with one key, any may be the one that was loaded.
	differences.push_back(Find(
		place, "different", "1",
		Format("{0} AS d WHERE EXISTS (SELECT FROM {1} AS s WHERE {2} AND {4}) AND NOT EXISTS (SELECT FROM {1} AS s "
			   "WHERE {3} AND {4})",
			   destination, source, same, columns.SameRow(), columns.IsLoaded()),
		Format("pg_catalog.jsonb_build_object('destination', {}, 'source', (SELECT {} FROM {} AS s WHERE {} AND {} "
			   "LIMIT 1))",
			   row("d"), row("s"), source, same, columns.IsLoaded()),
		columns.Keys("d"), samples));
	return differences;
}

void
RequireExists(const catalog::Pipeline &pipeline, bool exists)
{
	if (!exists) {
		throw Error(sqlstate::kUndefinedTable,
					Format("destination \"{}\" does not exist yet", *pipeline.destination_table),
					"Run the pipeline first: its first run creates it.");
	}
}

void
RequireKeys(Workplace &place, const Compared &columns)
{
	if (!place
			 .Run(Format("SELECT 1 FROM {} AS s WHERE ({}) AND {} LIMIT 1", place.Staged(), columns.AnyKeyIsNull(),
						 columns.IsLoaded()))
			 .Empty()) {
		throw Error(sqlstate::kNotNullViolation, "rows of the source have no value in a key column",
					"A key says which row is meant: leave such rows out with a filter, or take other key_columns.");
	}
}

// All code of the owner runs where nothing can be written.
void
WritingNothing(const std::function<void()> &body)
{
	pg::ReadOnlyScope const scope;
	body();
}

// The destination, as far as a comparison needs it.
struct Place {
	std::unique_ptr<RemoteDestination> remote; // at another server
	Destination destination;
};

Place
OpenPlace(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal)
{
	Place place;
	if (pipeline.destination) {
		CheckDestinationServer(*pipeline.destination, GetUserId());
		place.remote =
			std::make_unique<RemoteDestination>(pipeline, options, RemoteDestination::Purpose::Compare, journal);
		RequireExists(pipeline, place.remote->Exists());
		place.destination = place.remote->AsDestination();
		return place;
	}
	place.destination = FindDestination(pipeline);
	RequireExists(pipeline, OidIsValid(place.destination.oid));
	place.destination.relation = pg::Call(table_open, place.destination.oid, AccessShareLock);
	return place;
}

std::unique_ptr<Workplace>
MakeWorkplace(Place &at, const MappedQuery &query, const std::vector<std::string> &keys, const CursorColumn *cursor)
{
	if (at.remote == nullptr) {
		ColumnMatch const match = MatchColumns(query, at.destination.relation, nullptr);
		return std::make_unique<LocalWorkplace>(at.destination, keys, match, std::string());
	}
	at.remote->Prepare(query, DeclaredTable());
	return std::make_unique<RemoteWorkplace>(*at.remote, keys, cursor, false);
}

std::vector<Difference>
Diff(const catalog::Pipeline &pipeline, const std::vector<std::string> &own_keys, int samples)
{
	RunMemory memory;
	RunJournal journal(pg::Now);
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	std::vector<Difference> differences;
	{
		Place at = OpenPlace(pipeline, options, journal);
		RunInput input(pipeline, options, journal, StampOf(LoadStamp().run_id));
		std::optional<MappedQuery> query;
		std::optional<CursorSource> left_out; // rows without a value of it
		WritingNothing([&] {
			query.emplace(input.Mapping());
			PushFilter(input, *query, journal);
			if (pipeline.cursor_column && options.Text("on_null_cursor") == "exclude") {
				left_out.emplace(*pipeline.cursor_column, input);
			}
		});
		input.CheckTables(*query, journal);
		input.CountBefore(*query, journal);
		std::vector<std::string> const keys = RowKeys(pipeline, own_keys, at.destination);
		const CursorColumn *const cursor = left_out ? &left_out->Column() : nullptr;
		std::unique_ptr<Workplace> const place = MakeWorkplace(at, *query, keys, cursor);
		Compared const columns(place->Columns(), keys, cursor);
		place->Open(columns.Definitions());
		int64_t staged = 0;
		WritingNothing([&] { staged = StageSource(input, *query, cursor, *place, journal); });
		input.Leave(staged);
		place->Run("ANALYZE " + place->Staged());
		if (at.remote != nullptr) {
			at.remote->OnlyRead();
		}
		WritingNothing([&] {
			RequireKeys(*place, columns);
			differences = Compare(*place, columns, samples);
		});
		// There it goes with the transaction.
		if (at.remote == nullptr) {
			place->Drop();
		}
	}
	memory.Free();
	return differences;
}

} // namespace

std::vector<Difference>
DiffRun(const catalog::Pipeline &pipeline, int samples)
{
	std::vector<std::string> const keys = catalog::KeyColumns(pipeline);
	RememberMappedSecrets(GetUserId());
	try {
		return Diff(pipeline, keys, samples);
	} catch (const Error &error) {
		throw WithHint(WithoutSecrets(error), pipeline);
	}
}

} // namespace sluice::engine
