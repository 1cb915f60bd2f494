#include "engine/source/mysql/mysql_open.hpp"

#include "core/ascii.hpp"
#include "core/mysql_syntax.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/mysql/mysql_meaning.hpp"
#include "engine/source/mysql/mysql_text.hpp"
#include "engine/transform/column_options.hpp"
#include "engine/transform/star.hpp"
#include "pg/remote_text.hpp"
#include "pg/run_context.hpp"

namespace sluice::engine {

namespace {

constexpr int kUndefinedDatabase = SqlState("3D000");

TupleDesc
BuildRowType(int count, const MysqlSourceColumn *columns, const char *const *names)
{
	TupleDesc row_type = CreateTemplateTupleDesc(count);
	for (int i = 0; i < count; ++i) {
		// MySQL's names have up to 64 characters.
		char *name = pstrdup(names[i]);
		name[pg_mbcliplen(name, static_cast<int>(strlen(name)), NAMEDATALEN - 1)] = '\0';
		TupleDescInitEntry(row_type, static_cast<AttrNumber>(i + 1), name, columns[i].type.type, columns[i].type.typmod,
						   0);
	}
	return row_type;
}

// A name may also be denied because there is no such table.
bool
MayBeAnotherName(const Error &error)
{
	return error.State() == sqlstate::kUndefinedTable || error.State() == kUndefinedDatabase ||
		   error.State() == sqlstate::kInsufficientPrivilege;
}

// The exact name first: asking for all that are alike makes some servers open every table.
void
FindTable(MysqlSourceState &state, const std::string &source_table, RunJournal &journal)
{
	SourceName const wanted = SplitSourceName(source_table);
	std::optional<Error> denied;
	if (!wanted.schema.empty()) {
		try {
			(void)state.remote->Prepare("SELECT 1 FROM " + QualifiedMysqlName(wanted));
			state.table = wanted;
			return;
		} catch (const Error &error) {
			if (!MayBeAnotherName(error)) {
				throw;
			}
			if (error.State() == sqlstate::kInsufficientPrivilege) {
				denied = error;
			}
		}
	}
	std::string const name = pg::Call(leaf::TextToMysql, wanted.table.c_str());
	pg::SqlResult const rows =
		state.remote->Exec(Format("SELECT table_schema, table_name FROM information_schema.tables "
								  "WHERE LOWER(table_name) = LOWER({}) ORDER BY 1, 2",
								  QuoteMysqlText(name)));
	std::vector<SourceName> alike;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		alike.push_back({rows.Text(row, 0), rows.Text(row, 1)});
	}
	state.table = UniqueAlike(wanted, alike);
	if (!state.table && denied) {
		throw Error(*denied);
	}
	if (!state.table) {
		throw SourceTableNotFound(source_table, state.server, alike);
	}
	journal.Info(Format("there is no table \"{}\" at the source, \"{}.{}\" is read instead", source_table,
						state.table->schema, state.table->table));
}

// By which collations texts are compared; and the columns that "*" leaves out, there as here: those that columns or
// filter name, as more of a select list.
std::string
AskAboutColumns(MysqlSourceState &state, const catalog::Pipeline &pipeline, RunJournal &journal)
{
	pg::SqlResult const rows = state.remote->Exec(Format(
		"SELECT column_name, collation_name, extra LIKE '%INVISIBLE%' FROM information_schema.columns "
		"WHERE table_schema = {} AND table_name = {} AND (collation_name IS NOT NULL OR extra LIKE '%INVISIBLE%') "
		"ORDER BY ordinal_position",
		QuoteMysqlText(pg::Call(leaf::TextToMysql, state.table->schema.c_str())),
		QuoteMysqlText(pg::Call(leaf::TextToMysql, state.table->table.c_str()))));
	std::string list;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		std::string const &name = rows.Text(row, 0);
		if (rows.Cell(row, 1)) {
			state.collations.emplace(name, rows.Text(row, 1));
		}
		if (rows.Text(row, 2) != "1") {
			continue;
		}
		if (MentionsColumn(pipeline.columns.value_or("") + " " + pipeline.filter.value_or("") + " " +
							   pg::QuoteIdentifier(pipeline.cursor_column.value_or("")),
						   name)) {
			list += ", " + QuoteMysqlName(name);
			state.invisible.insert(name);
		} else if (!pipeline.columns) {
			journal.Warning(Format("column \"{}\" of {}.{} is INVISIBLE at the source and is not read: what is to be "
								   "read of such a table is named in columns",
								   name, state.table->schema, state.table->table));
		}
	}
	return list;
}

// "*" wants a right to every column, even to those that are not loaded then. Without it those that the user may read
// are asked for by name; others are not seen in the server's catalog, either.
std::string
ReadableColumns(MysqlSourceState &state, const std::set<std::string> &excluded, RunJournal &journal)
{
	pg::SqlResult const rows = state.remote->Exec(
		Format("SELECT column_name FROM information_schema.columns WHERE table_schema = {} AND table_name = {} AND "
			   "privileges LIKE '%select%' AND extra NOT LIKE '%INVISIBLE%' ORDER BY ordinal_position",
			   QuoteMysqlText(pg::Call(leaf::TextToMysql, state.table->schema.c_str())),
			   QuoteMysqlText(pg::Call(leaf::TextToMysql, state.table->table.c_str()))));
	std::set<std::string> readable;
	std::string list;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		readable.insert(rows.Text(row, 0));
		list += (list.empty() ? "" : ", ") + QuoteMysqlName(rows.Text(row, 0));
	}
	if (list.empty()) {
		return list;
	}
	journal.Warning(Format("the user has no right to read all columns of {}.{}, only {}", state.table->schema,
						   state.table->table, NameList({readable.begin(), readable.end()})));
	// The server does not say whether it has a column that may not be read: those that are left out stand in the row,
	// which has no value there.
	for (const std::string &name : excluded) {
		if (!readable.contains(name)) {
			list += Format(", CAST(NULL AS CHAR) AS {}", QuoteMysqlName(pg::Call(leaf::TextToMysql, name.c_str())));
		}
	}
	return list;
}

// What the table's rows are described by. invisible: more of a select list.
std::span<const leaf::MysqlField>
PrepareTable(MysqlSourceState &state, const SourceRequest &request, const std::string &invisible)
{
	std::string const from = invisible + " FROM " + QualifiedMysqlName(*state.table);
	std::optional<Error> denied;
	try {
		return state.remote->Prepare("SELECT *" + from);
	} catch (const Error &error) {
		if (error.State() != sqlstate::kInsufficientPrivilege) {
			throw;
		}
		denied = error;
	}
	std::set<std::string> const excluded = ExcludedColumns(request.options);
	const std::optional<std::string> &columns = request.pipeline.columns;
	bool const needs_all = excluded.empty() && (!columns || pg::Call(leaf::HasStar, columns->c_str()));
	std::string const list = needs_all ? "" : ReadableColumns(state, excluded, request.journal);
	if (list.empty()) {
		throw Error(*denied);
	}
	return state.remote->Prepare("SELECT " + list + from);
}

// MySQL's names may have more bytes than those here.
void
CheckNames(const MysqlSourceState &state, RunJournal &journal)
{
	std::map<std::string, std::string> taken;
	for (int i = 0; i < state.row_type->natts; ++i) {
		std::string const &there = state.columns[static_cast<size_t>(i)].name;
		std::string const here = NameStr(TupleDescAttr(state.row_type, i)->attname);
		auto const [other, is_new] = taken.emplace(here, there);
		if (!is_new && other->second != there) {
			throw Error(
				sqlstate::kDuplicateColumn,
				Format("columns \"{}\" and \"{}\" of {} have the same name here", other->second, there, state.label),
				"Give them shorter names in source_query, with AS.",
				Format("Names end after {} bytes.", NAMEDATALEN - 1));
		}
		if (here != there) {
			journal.Warning(Format("column \"{}\" of {} is called \"{}\" here, where names end after {} bytes", there,
								   state.label, here, NAMEDATALEN - 1));
		}
	}
}

// Whether a datetime may have been computed, in the session's zone, which is another than the pipeline's.
bool
ComputesTimes(const MysqlSourceState &state, const std::string &timezone)
{
	constexpr std::array<std::string_view, 4> kSame = {"UTC", "Etc/UTC", "GMT", "Etc/GMT"};
	bool const has_times = std::any_of(state.columns.begin(), state.columns.end(), [](const MysqlSourceColumn &column) {
		return column.type.kind == leaf::MysqlKind::Datetime;
	});
	bool const same_zone = std::any_of(
		kSame.begin(), kSame.end(), [&timezone](std::string_view name) { return EqualsIgnoringCase(name, timezone); });
	if (!has_times || same_zone || !state.table) {
		return has_times && !same_zone;
	}
	pg::SqlResult const kind = state.remote->Exec(Format(
		"SELECT table_type LIKE '%VIEW' FROM information_schema.tables WHERE table_schema = {} AND table_name = {}",
		QuoteMysqlText(pg::Call(leaf::TextToMysql, state.table->schema.c_str())),
		QuoteMysqlText(pg::Call(leaf::TextToMysql, state.table->table.c_str()))));
	return kind.Empty() || kind.Text(0, 0) != "0";
}

void
FindMeaning(MysqlSourceState &state, const std::string &timezone)
{
	std::vector<MysqlDescribed> described;
	std::vector<std::string> names;
	for (int i = 0; i < state.row_type->natts; ++i) {
		names.emplace_back(NameStr(TupleDescAttr(state.row_type, i)->attname));
	}
	for (size_t i = 0; i < names.size(); ++i) {
		const MysqlSourceColumn &column = state.columns[i];
		described.push_back({names[i], column.type.type, column.type.filter, column.collation});
	}
	state.meaning = FindMysqlMeaning(described);
	for (size_t i = 0; i < state.columns.size(); ++i) {
		state.meaning[i].is_hidden = state.invisible.contains(state.columns[i].name);
	}
	if (!ComputesTimes(state, timezone)) {
		return;
	}
	for (size_t i = 0; i < state.columns.size(); ++i) {
		if (state.columns[i].type.kind == leaf::MysqlKind::Datetime) {
			state.meaning[i].type.unknown_zone = true;
			state.meaning[i].zone =
				"A datetime of a query or a view was stored, in whatever zone, or is computed in the "
				"session's, UTC";
		}
	}
}

} // namespace

std::unique_ptr<MysqlSourceState>
OpenMysql(const SourceRequest &request)
{
	auto made = std::make_unique<MysqlSourceState>();
	MysqlSourceState &state = *made;
	const catalog::Pipeline &pipeline = request.pipeline;
	const OptionValues &options = request.options;
	RunJournal &journal = request.journal;
	state.server = request.server.servername;
	state.time_is_interval = options.Text("mysql_time") == "interval";
	state.null_zero_dates = options.Text("zero_dates") == "null";
	state.repair = {options.Text("on_nul") == "strip", options.Text("on_invalid_text") == "replace"};
	journal.EnterPhase(RunPhase::Connecting);
	state.remote =
		std::make_unique<MysqlConnection>(request.server, pg::TimeoutsOf(options), options.Boolean("get_public_key"));

	if (pipeline.source_table) {
		FindTable(state, *pipeline.source_table, journal);
		state.label = state.table->schema + "." + state.table->table;
	} else {
		std::string const context = pg::Call(leaf::TextToMysql, pg::RunContext().c_str());
		state.query = ReplaceMysqlRunContext(CheckMysqlQuery(*pipeline.source_query), QuoteMysqlText(context));
		if (pipeline.cursor_column) {
			// As it is read with a condition: what the server says of its columns may be another thing then.
			state.query = "SELECT * FROM (\n" + state.query + "\n) AS source";
		}
		state.label = "the source query";
	}
	std::vector<const char *> names;
	std::string const invisible = state.table ? AskAboutColumns(state, pipeline, journal) : "";
	for (const leaf::MysqlField &field :
		 state.table ? PrepareTable(state, request, invisible) : state.remote->Prepare(state.query)) {
		pg::CheckOutsideUtf8(field.name, state.server);
		std::string const name = pg::Call(leaf::TextFromMysql, field.name);
		auto const collation = state.collations.find(name);
		state.columns.push_back({name, MapMysqlType(field, state.time_is_interval),
								 collation == state.collations.end() ? "" : collation->second});
	}
	for (const MysqlSourceColumn &column : state.columns) {
		names.push_back(column.name.c_str());
	}
	if (state.columns.empty() || state.columns.size() > MaxTupleAttributeNumber) {
		throw Error(sqlstate::kFeatureNotSupported,
					state.columns.empty() ? Format("{} returns no rows", state.label)
										  : Format("{} has too many columns", state.label),
					"Write a SELECT of the columns that are needed in source_query.");
	}
	state.row_type = pg::Call(BuildRowType, static_cast<int>(state.columns.size()),
							  static_cast<const MysqlSourceColumn *>(state.columns.data()),
							  static_cast<const char *const *>(names.data()));
	CheckNames(state, journal);
	FindMeaning(state, pipeline.timezone);
	journal.Info(Format("connected to server \"{}\" ({}), reading {}", state.server, state.remote->ServerVersion(),
						state.label));
	return made;
}

} // namespace sluice::engine
