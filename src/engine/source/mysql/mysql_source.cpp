#include "engine/source/mysql/mysql_source.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/mysql_syntax.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/mysql/mysql_cursor.hpp"
#include "engine/source/mysql/mysql_declared.hpp"
#include "engine/source/mysql/mysql_open.hpp"
#include "engine/source/mysql/mysql_text.hpp"
#include "engine/wire/reached_server.hpp"

namespace sluice::engine {

namespace {

bool
IsTheSame(const MysqlColumnType &left, const MysqlColumnType &right)
{
	return left.type == right.type && left.typmod == right.typmod && left.kind == right.kind;
}

MysqlCursor
CursorOf(const MysqlSourceState &state, const CursorColumn &column)
{
	const MysqlSourceColumn &there = state.columns.at(static_cast<size_t>(column.attribute));
	return {QuoteMysqlName(there.name), there.type.kind};
}

} // namespace

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

MysqlSource::MysqlSource(const SourceRequest &request) : state_(OpenMysql(request)) {}

MysqlSource::~MysqlSource() = default;

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
	const MysqlSourceState &state = *state_;
	if (!state.table) {
		return {};
	}
	std::vector<MysqlNamed> columns;
	for (size_t i = 0; i < state.columns.size(); ++i) {
		const MysqlSourceColumn &column = state.columns[i];
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
	MysqlSourceState &state = *state_;
	if (!state.table) {
		return "the rows are those of source_query, in which it can be written";
	}
	std::vector<std::string> quoted;
	std::vector<leaf::MysqlFilterColumn> columns;
	for (const MysqlSourceColumn &column : state.columns) {
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
		(void)state.remote->Prepare("SELECT 1 FROM " + QualifiedMysqlName(*state.table) + where);
	} catch (const Error &error) {
		if (SqlStateText(error.State()).substr(0, 2) == "08") {
			throw;
		}
		return Format("the source refuses it: {}", Redact(error.what()));
	}
	state.where = where;
	return {};
}

std::optional<int64_t>
MysqlSource::CountRows()
{
	return state_->remote->Exec("SELECT COUNT(*) FROM " + state_->From() + state_->Where()).Integer(0, 0);
}

std::string
MysqlSource::RemoteStatement(const std::vector<bool> &needed) const
{
	const MysqlSourceState &state = *state_;
	if (!state.table) {
		return state.range.empty() ? state.query : "SELECT * FROM " + state.From() + state.Where();
	}
	std::string list;
	for (size_t i = 0; i < state.columns.size(); ++i) {
		if (needed[i]) {
			list += (list.empty() ? "" : ", ") + QuoteMysqlName(state.columns[i].name);
		}
	}
	return "SELECT " + (list.empty() ? "1" : list) + " FROM " + QualifiedMysqlName(*state.table) + state.Where() +
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
MysqlSource::Instant()
{
	pg::SqlResult const rows = state_->remote->Exec("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)");
	return rows.Empty() ? std::nullopt : std::optional(rows.Text(0, 0) + "+00");
}

std::optional<std::string>
MysqlSource::Greatest(const CursorColumn &column)
{
	return MysqlGreatest(*state_->remote, CursorOf(*state_, column), state_->From());
}

std::optional<std::string>
MysqlSource::PartEnd(const CursorColumn &column, const CursorPart &part)
{
	return MysqlPartEnd(*state_->remote, CursorOf(*state_, column), state_->From(), part);
}

bool
MysqlSource::HasNull(const CursorColumn &column)
{
	const MysqlSourceState &state = *state_;
	std::string const name = QuoteMysqlName(state.columns.at(static_cast<size_t>(column.attribute)).name);
	return !state.remote
				->Exec(Format("SELECT 1 FROM {}{}{} IS NULL LIMIT 1", state.From(),
							  state.where.empty() ? " WHERE " : state.where + " AND ", name))
				.Empty();
}

void
MysqlSource::ReadRange(const CursorColumn &column, const CursorRange &range)
{
	state_->range = MysqlRange(CursorOf(*state_, column), range);
}

void
MysqlSource::Start(const std::vector<bool> &needed)
{
	MysqlSourceState &state = *state_;
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
	std::vector<const MysqlSourceColumn *> expected;
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
	state.decoder->repair = state.repair;
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
	MysqlSourceState &state = *state_;
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
	sluice::MysqlCursor values = decoder->row;
	bool more = true;
	for (int i = 0; more; ++i) {
		if (pg::Subtransaction([&] { more = pg::Call(leaf::AddMysqlValue, decoder, i, false, &values, row->texts); })) {
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
