#include "engine/source/mysql/mysql_source.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/ascii.hpp"
#include "core/duration.hpp"
#include "core/mysql_syntax.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/mysql/mysql_connection.hpp"
#include "engine/source/mysql/mysql_declared.hpp"
#include "engine/source/mysql/mysql_meaning.hpp"
#include "engine/source/mysql/mysql_row.hpp"
#include "engine/source/mysql/mysql_text.hpp"
#include "engine/source/mysql/mysql_type.hpp"
#include "engine/source/source_name.hpp"
#include "engine/wire/reached_server.hpp"
#include "pg/remote_text.hpp"
#include "pg/run_context.hpp"

namespace sluice::engine {

namespace {

struct SourceColumn {
	std::string name; // as the server has it
	MysqlColumnType type;
	std::string collation; // of a table's column
};

constexpr int kUndefinedDatabase = SqlState("3D000");

TupleDesc
BuildRowType(int count, const SourceColumn *columns, const char *const *names)
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

std::string
NameAtSource(const SourceName &name)
{
	return QuoteMysqlName(name.schema) + "." + QuoteMysqlName(name.table);
}

// A name may also be denied because there is no such table.
bool
MayBeAnotherName(const Error &error)
{
	return error.State() == sqlstate::kUndefinedTable || error.State() == kUndefinedDatabase ||
		   error.State() == sqlstate::kInsufficientPrivilege;
}

bool
IsTheSame(const MysqlColumnType &left, const MysqlColumnType &right)
{
	return left.type == right.type && left.typmod == right.typmod && left.kind == right.kind;
}

} // namespace

struct MysqlSource::State {
	std::string server;
	std::string label;
	std::unique_ptr<MysqlConnection> remote;
	std::optional<SourceName> table;
	std::string query; // when there is no table
	std::string where; // the filter, with its keyword, or ''
	std::string range; // of a cursor, or ''
	std::string From() const;
	std::string Where() const { return range.empty() ? where : where + (where.empty() ? " WHERE " : " AND ") + range; }
	std::map<std::string, std::string> collations; // by the column's name
	std::set<std::string> invisible;			   // those that are read although "*" leaves them out
	std::vector<ColumnMeaning> meaning;
	bool time_is_interval = false;
	bool null_zero_dates = false;
	std::vector<SourceColumn> columns;
	TupleDesc row_type = nullptr;
	leaf::MysqlDecoder *decoder = nullptr;
	int64_t rows_expected = 0;
	int64_t most_rows = 0; // 0: all
};

std::string
MysqlSource::State::From() const
{
	return table ? NameAtSource(*table) : "(\n" + query + "\n) AS source";
}

void
CheckMysqlSource(const catalog::Pipeline &pipeline, const ForeignServer & /*server*/)
{
	if (pipeline.source_query) {
		(void)CheckMysqlQuery(*pipeline.source_query);
	} else if (pipeline.source_table) {
		(void)SplitSourceName(*pipeline.source_table);
	}
}

std::unique_ptr<Source>
OpenMysqlSource(const SourceRequest &request)
{
	request.journal.Info(
		Format("server \"{}\" is read by pg_sluice itself in MySQL's binary protocol, because the option "
			   "mysql_source is auto",
			   request.server.servername));
	return std::make_unique<MysqlSource>(request);
}

std::string
ReachMysqlSource(const ForeignServer &server, const OptionValues &options)
{
	MysqlConnection remote(server, pg::TimeoutsOf(options), options.Boolean("get_public_key"));
	return ReachedText(remote.ServerVersion(), remote.IsEncrypted() ? "TLS" : "",
					   [&remote] { (void)remote.Exec("SELECT 1"); });
}

std::string
WhyNotMysqlSource(const catalog::Pipeline &pipeline, const ForeignServer &server)
{
	if (catalog::ReadOptions(pipeline.options).Text("mysql_source") == "fdw") {
		return "the option mysql_source asks for it";
	}
	return MysqlObstacle(server);
}

MysqlSource::MysqlSource(const SourceRequest &request) : state_(std::make_unique<State>())
{
	State &state = *state_;
	const catalog::Pipeline &pipeline = request.pipeline;
	const OptionValues &options = request.options;
	RunJournal &journal = request.journal;
	state.server = request.server.servername;
	state.time_is_interval = options.Text("mysql_time") == "interval";
	state.null_zero_dates = options.Text("zero_dates") == "null";
	journal.EnterPhase(RunPhase::Connecting);
	state.remote =
		std::make_unique<MysqlConnection>(request.server, pg::TimeoutsOf(options), options.Boolean("get_public_key"));

	if (pipeline.source_table) {
		FindTable(*pipeline.source_table, journal);
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
	std::string const invisible = state.table ? AskAboutColumns(pipeline, journal) : "";
	for (const leaf::MysqlField &field : state.remote->Prepare(
			 state.table ? "SELECT *" + invisible + " FROM " + NameAtSource(*state.table) : state.query)) {
		pg::CheckOutsideUtf8(field.name, state.server);
		std::string const name = pg::Call(leaf::TextFromMysql, field.name);
		auto const collation = state.collations.find(name);
		state.columns.push_back({name, MapMysqlType(field, state.time_is_interval),
								 collation == state.collations.end() ? "" : collation->second});
	}
	for (const SourceColumn &column : state.columns) {
		names.push_back(column.name.c_str());
	}
	if (state.columns.empty() || state.columns.size() > MaxTupleAttributeNumber) {
		throw Error(sqlstate::kFeatureNotSupported,
					state.columns.empty() ? Format("{} returns no rows", state.label)
										  : Format("{} has too many columns", state.label),
					"Write a SELECT of the columns that are needed in source_query.");
	}
	state.row_type = pg::Call(BuildRowType, static_cast<int>(state.columns.size()),
							  static_cast<const SourceColumn *>(state.columns.data()),
							  static_cast<const char *const *>(names.data()));
	CheckNames(journal);
	FindMeaning(pipeline.timezone);
	journal.Info(Format("connected to server \"{}\" ({}), reading {}", state.server, state.remote->ServerVersion(),
						state.label));
}

MysqlSource::~MysqlSource() = default;

// The exact name first: asking for all that are alike makes some servers open every table.
void
MysqlSource::FindTable(const std::string &source_table, RunJournal &journal)
{
	State &state = *state_;
	SourceName const wanted = SplitSourceName(source_table);
	std::optional<Error> denied;
	if (!wanted.schema.empty()) {
		try {
			(void)state.remote->Prepare("SELECT 1 FROM " + NameAtSource(wanted));
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
MysqlSource::AskAboutColumns(const catalog::Pipeline &pipeline, RunJournal &journal)
{
	State &state = *state_;
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

// MySQL's names may have more bytes than those here.
void
MysqlSource::CheckNames(RunJournal &journal) const
{
	const State &state = *state_;
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
MysqlSource::ComputesTimes(const std::string &timezone)
{
	constexpr std::array<std::string_view, 4> kSame = {"UTC", "Etc/UTC", "GMT", "Etc/GMT"};
	const State &state = *state_;
	bool const has_times = std::any_of(state.columns.begin(), state.columns.end(), [](const SourceColumn &column) {
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
MysqlSource::FindMeaning(const std::string &timezone)
{
	State &state = *state_;
	std::vector<MysqlDescribed> described;
	std::vector<std::string> names;
	for (int i = 0; i < state.row_type->natts; ++i) {
		names.emplace_back(NameStr(TupleDescAttr(state.row_type, i)->attname));
	}
	for (size_t i = 0; i < names.size(); ++i) {
		const SourceColumn &column = state.columns[i];
		described.push_back({names[i], column.type.type, column.type.filter, column.collation});
	}
	state.meaning = FindMysqlMeaning(described);
	for (size_t i = 0; i < state.columns.size(); ++i) {
		state.meaning[i].is_hidden = state.invisible.contains(state.columns[i].name);
	}
	if (!ComputesTimes(timezone)) {
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

TupleDesc
MysqlSource::RowType() const
{
	return state_->row_type;
}

bool
MysqlSource::TravelsAsText(int attribute_index) const
{
	return state_->columns.at(attribute_index).type.as_text;
}

const std::vector<ColumnMeaning> &
MysqlSource::Meaning() const
{
	return state_->meaning;
}

std::string
MysqlSource::Label() const
{
	return Format("{} of server \"{}\"", state_->label, state_->server);
}

DeclaredTable
MysqlSource::Declared()
{
	const State &state = *state_;
	if (!state.table) {
		return {};
	}
	std::vector<MysqlNamed> columns;
	for (size_t i = 0; i < state.columns.size(); ++i) {
		const SourceColumn &column = state.columns[i];
		leaf::MysqlKind const kind = column.type.kind;
		bool const is_date =
			kind == leaf::MysqlKind::Date || kind == leaf::MysqlKind::Datetime || kind == leaf::MysqlKind::Timestamp;
		columns.push_back({column.name, NameStr(TupleDescAttr(state.row_type, static_cast<int>(i))->attname),
						   is_date && state.null_zero_dates});
	}
	return ReadMysqlDeclared(*state.remote, *state.table, columns);
}

std::string
MysqlSource::Filter(const std::string & /*condition*/, bool /*compares_text*/)
{
	return "MySQL computes by rules of its own; write what it shall filter in source_query";
}

std::string
MysqlSource::FilterAsThere(const std::string &condition)
{
	State &state = *state_;
	if (!state.table) {
		return "the rows are those of source_query, in which it can be written";
	}
	std::vector<std::string> quoted;
	std::vector<leaf::MysqlFilterColumn> columns;
	for (const SourceColumn &column : state.columns) {
		quoted.push_back(QuoteMysqlName(column.name));
	}
	for (size_t i = 0; i < quoted.size(); ++i) {
		columns.push_back({NameStr(TupleDescAttr(state.row_type, static_cast<int>(i))->attname), quoted[i].c_str(),
						   state.columns[i].type.filter});
	}
	const char *reason = nullptr;
	const char *const there =
		pg::Call(leaf::MysqlCondition, condition.c_str(), static_cast<const leaf::MysqlFilterColumn *>(columns.data()),
				 static_cast<int>(columns.size()), &reason);
	if (there == nullptr) {
		return reason;
	}
	std::string const where = std::string(" WHERE ") + there;
	try {
		(void)state.remote->Prepare("SELECT 1 FROM " + NameAtSource(*state.table) + where);
	} catch (const Error &error) {
		if (SqlStateText(error.State()).substr(0, 2) == "08") {
			throw;
		}
		return Format("the source refuses it: {}", Redact(error.what()));
	}
	state.where = where;
	return {};
}

std::string
MysqlSource::RemoteStatement(const std::vector<bool> &needed) const
{
	const State &state = *state_;
	if (!state.table) {
		return state.range.empty() ? state.query : "SELECT * FROM " + state.From() + state.Where();
	}
	std::string list;
	for (size_t i = 0; i < state.columns.size(); ++i) {
		if (needed[i]) {
			list += (list.empty() ? "" : ", ") + QuoteMysqlName(state.columns[i].name);
		}
	}
	return "SELECT " + (list.empty() ? "1" : list) + " FROM " + NameAtSource(*state.table) + state.Where() +
		   (state.most_rows > 0 ? Format(" LIMIT {}", state.most_rows) : std::string());
}

void
MysqlSource::LimitTo(int64_t rows)
{
	state_->most_rows = rows;
}

std::string
MysqlSource::WhyNoCursor(const CursorColumn &column) const
{
	const MysqlColumnType &type = state_->columns.at(static_cast<size_t>(column.attribute)).type;
	if (type.kind == leaf::MysqlKind::Input) {
		return "MariaDB orders a uuid by its parts, in another order than this database.";
	}
	bool const is_year = type.kind == leaf::MysqlKind::Short && type.filter == leaf::MysqlFilterKind::None;
	return is_year ? "MySQL compares a year with numbers in a way of its own." : "";
}

std::optional<std::string>
MysqlSource::Greatest(const CursorColumn &column)
{
	const State &state = *state_;
	const SourceColumn &there = state.columns.at(static_cast<size_t>(column.attribute));
	pg::SqlResult const rows =
		state.remote->Exec(Format("SELECT CAST(MAX({}) AS CHAR) FROM {}", QuoteMysqlName(there.name), state.From()));
	std::optional<std::string> greatest = rows.Empty() ? std::nullopt : rows.Cell(0, 0);
	if (greatest && there.type.kind == leaf::MysqlKind::Timestamp) {
		*greatest += "+00";
	}
	return greatest;
}

bool
MysqlSource::HasNull(const CursorColumn &column)
{
	const State &state = *state_;
	std::string const name = QuoteMysqlName(state.columns.at(static_cast<size_t>(column.attribute)).name);
	return !state.remote
				->Exec(Format("SELECT 1 FROM {}{}{} IS NULL LIMIT 1", state.From(),
							  state.where.empty() ? " WHERE " : state.where + " AND ", name))
				.Empty();
}

void
MysqlSource::ReadRange(const CursorColumn &column, const CursorRange &range)
{
	State &state = *state_;
	const SourceColumn &there = state.columns.at(static_cast<size_t>(column.attribute));
	auto const literal = [&](const std::string &value) {
		const char *form = nullptr;
		switch (there.type.kind) {
		case leaf::MysqlKind::Date:
			form = "SELECT to_char($1::date, 'YYYY-MM-DD')";
			break;
		case leaf::MysqlKind::Datetime:
			form = "SELECT to_char($1::timestamp, 'YYYY-MM-DD HH24:MI:SS.US')";
			break;
		case leaf::MysqlKind::Timestamp: // the session there is in UTC
			form = "SELECT to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
			break;
		default:
			return pg::Sql("SELECT $1::numeric", {value}, {.run_as = GetUserId()}).Text(0, 0);
		}
		return "'" + pg::Sql(form, {value}, {.run_as = GetUserId()}).Text(0, 0) + "'";
	};
	state.range = RangeCondition(QuoteMysqlName(there.name), range, literal, "{}");
}

void
MysqlSource::Start(const std::vector<bool> &needed)
{
	State &state = *state_;
	if (state.table) {
		pg::SqlResult const known = state.remote->Exec(
			Format("SELECT table_rows FROM information_schema.tables WHERE table_schema = {} AND table_name = {}",
				   QuoteMysqlText(pg::Call(leaf::TextToMysql, state.table->schema.c_str())),
				   QuoteMysqlText(pg::Call(leaf::TextToMysql, state.table->table.c_str()))));
		state.rows_expected = known.Empty() ? 0 : known.Integer(0, 0);
	}
	// A query sends all its columns.
	auto on_wire = std::make_unique<bool[]>(needed.size() + 1);
	auto kinds = std::make_unique<leaf::MysqlKind[]>(needed.size() + 1);
	std::vector<const SourceColumn *> expected;
	for (size_t i = 0; i < needed.size(); ++i) {
		on_wire[i] = needed[i] || !state.table;
		kinds[i] = state.columns[i].type.kind;
		if (on_wire[i]) {
			expected.push_back(&state.columns[i]);
		}
	}
	state.decoder = pg::Call(leaf::CreateMysqlDecoder, state.remote->Plain(), state.row_type,
							 static_cast<const leaf::MysqlKind *>(kinds.get()),
							 static_cast<const bool *>(on_wire.get()), state.label.c_str());
	state.decoder->null_zero_dates = state.null_zero_dates;
	(void)state.remote->Prepare(RemoteStatement(needed));
	std::span<const leaf::MysqlField> const columns = state.remote->Execute();
	bool same = columns.size() == std::max<size_t>(expected.size(), 1);
	for (size_t i = 0; same && i < expected.size(); ++i) {
		same = IsTheSame(MapMysqlType(columns[i], state.time_is_interval), expected[i]->type);
	}
	if (!same) {
		throw Error(sqlstate::kDatatypeMismatch, Format("the columns of {} are no longer what they were", state.label),
					"The table was changed while the run began: run the pipeline again.");
	}
}

bool
MysqlSource::Fill(Batch *batch)
{
	State &state = *state_;
	bool const filled = pg::Call(leaf::FillFromMysql, state.decoder, batch);
	if (state.decoder->failed) {
		throw state.remote->LastError().WithContext(Format("row {} of {}", state.decoder->base.rows + 1, state.label));
	}
	return filled;
}

bool
MysqlSource::SkipBadRow(BadRow *row)
{
	leaf::MysqlDecoder *const decoder = state_->decoder;
	if (!leaf::IsInRow(decoder)) {
		return false;
	}
	row->position = decoder->base.rows + 1;
	row->column = NameStr(TupleDescAttr(RowType(), decoder->base.attribute)->attname);
	row->texts = pg::Call(leaf::BeginTexts);
	MysqlCursor values = decoder->row;
	bool more = true;
	for (int i = 0; more; ++i) {
		if (pg::Subtransaction(
				[&] { more = pg::Call(leaf::AddMysqlValue, decoder, i, false, &values, row->texts); })) {
			more = pg::Call(leaf::AddMysqlValue, decoder, i, true, &values, row->texts);
		}
	}
	pg::Call(leaf::SkipRow, &decoder->base);
	return true;
}

int64_t
MysqlSource::BytesRead() const
{
	return state_->decoder != nullptr ? state_->decoder->base.bytes : 0;
}

int64_t
MysqlSource::RowsRead() const
{
	return state_->decoder != nullptr ? state_->decoder->base.rows : 0;
}

int64_t
MysqlSource::RowsExpected() const
{
	return state_->rows_expected;
}

void
MysqlSource::Finish()
{
	state_->remote->End();
	state_->remote.reset();
}

} // namespace sluice::engine
