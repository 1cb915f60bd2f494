#include "engine/source/postgres/postgres_source.hpp"

#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/postgres/postgres_cut.hpp"
#include "engine/source/postgres/postgres_estimate.hpp"
#include "engine/source/postgres/postgres_meaning.hpp"
#include "engine/source/postgres/postgres_money.hpp"
#include "engine/source/postgres/postgres_open.hpp"
#include "engine/source/postgres/postgres_path.hpp"
#include "engine/source/run_context_literal.hpp"
#include "engine/transform/column_choice.hpp"
#include "engine/wire/copy_decoder.hpp"
#include "engine/wire/reached_server.hpp"
#include "engine/wire/remote_relation.hpp"
#include "engine/wire/remote_session.hpp"
#include "engine/wire/wire_type.hpp"
#include "pg/remote_connection.hpp"
#include "pg/run_context.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

namespace {

constexpr int kJit = 110000; // the first version that has it

struct SourceColumn {
	std::string name;
	Oid type;
	int32 typmod;
	bool as_text;
	const char *cast; // of the SELECT list
};

pg::RemoteOptions
LinkOptions(const OptionValues &options)
{
	return {pg::TimeoutsOf(options), static_cast<int>(options.Integer("source_min_rate")), false};
}

char *
ReplacedQuery(const char *query, const char *literal)
{
	return leaf::ReplaceRunContext(query, literal);
}

TupleDesc
BuildRowType(int count, const SourceColumn *columns, const char *const *names)
{
	TupleDesc row_type = CreateTemplateTupleDesc(count);
	for (int i = 0; i < count; ++i) {
		TupleDescInitEntry(row_type, static_cast<AttrNumber>(i + 1), names[i], columns[i].type, columns[i].typmod, 0);
	}
	return row_type;
}

// The connection that exported it is gone; or this one has come to another server of that name.
[[noreturn]] void
ThrowNoSnapshot(const Error &error)
{
	throw Error(
		sqlstate::kSnapshotLost, "the snapshot of the source that the run reads is gone",
		"The connection that held it was lost, or the server's host name leads to several servers: then set the "
		"option streams to 1.",
		Redact(error.what()));
}

// Receive functions convert text from the client's encoding, but the source has sent it in the database's. To the one
// or back to the other nothing can fail: both are in use already.
class DatabaseEncoding {
public:
	DatabaseEncoding() : client_(pg_get_client_encoding()) { (void)SetClientEncoding(GetDatabaseEncoding()); }
	~DatabaseEncoding() { (void)SetClientEncoding(client_); }
	DatabaseEncoding(const DatabaseEncoding &) = delete;
	DatabaseEncoding &operator=(const DatabaseEncoding &) = delete;

private:
	int client_;
};

} // namespace

struct PostgresSource::State {
	std::string server;
	std::string label;
	std::unique_ptr<pg::RemoteConnection> remote;
	std::string relation;  // of a table
	std::string oid;	   // the same
	std::string from;	   // relation or (query) AS source
	std::string where;	   // with its keyword, or ''
	std::string condition; // the filter in where
	std::string range;	   // of a cursor, in where as well
	std::string setting;   // under which the source understands it, or ''
	leaf::TextRepair repair{};
	bool is_table = false;
	bool plain_table = false; // COPY reads it as it is
	bool own_path = false;	  // the search_path of the remote user is set
	std::vector<SourceColumn> columns;
	std::vector<ColumnMeaning> meaning;
	TupleDesc row_type = nullptr;
	leaf::CopyDecoder *decoder = nullptr;
	int64_t rows_expected = 0;
	std::optional<SourceSlice> slice;
	int64_t most_rows = 0; // 0: all
	OpenTransactions open; // before the snapshot

	std::string ListOf(const std::vector<bool> &needed, bool *any_cast) const;
	// Sets what the source applies, or says why it does not. before: a statement before it, or ''.
	std::string TryFilter(const std::string &wanted, const std::string &before);
	std::string Named() const { return is_table ? relation + " AS source" : from; }
	void SetWhere()
	{
		where = condition.empty() ? "" : " WHERE (\n" + condition + "\n)";
		if (!range.empty()) {
			where += (where.empty() ? " WHERE " : " AND ") + range;
		}
		from = where.empty() ? from : Named();
	}
	// One part of a slice, or everything.
	std::string Select(const std::string &list, const SourceSpan &span) const
	{
		std::string const alias = where.empty() ? "" : " AS source";
		std::string text =
			"SELECT " + list + " FROM " + (span.relation.empty() ? from : "ONLY " + span.relation + alias);
		text += where;
		if (!span.condition.empty()) {
			text += (where.empty() ? " WHERE (" : " AND (") + span.condition + ")";
		}
		return text;
	}
};

void
CheckPostgresSource(const catalog::Pipeline &pipeline, const ForeignServer & /*server*/)
{
	if (pipeline.source_query) {
		(void)pg::Call(leaf::ReplaceRunContext, pipeline.source_query->c_str(), static_cast<const char *>("NULL"));
	}
}

std::unique_ptr<Source>
OpenPostgresSource(const SourceRequest &request)
{
	return std::make_unique<PostgresSource>(request);
}

std::string
ReachPostgresSource(const ForeignServer &server, const OptionValues &options)
{
	return ReachPostgres(server, LinkOptions(options));
}

PostgresSource::PostgresSource(const SourceRequest &request) : request_(request), state_(Connect(request)) {}

std::unique_ptr<PostgresSource::State>
PostgresSource::Connect(const SourceRequest &request)
{
	auto made = std::make_unique<State>();
	State &state = *made;
	const catalog::Pipeline &pipeline = request.pipeline;
	const OptionValues &options = request.options;
	RunJournal &journal = request.journal;
	state.server = request.server.servername;
	state.repair = {options.Text("on_nul") == "strip", options.Text("on_invalid_text") == "replace"};

	journal.EnterPhase(RunPhase::Connecting);
	state.remote = std::make_unique<pg::RemoteConnection>(request.server, LinkOptions(options));
	pg::RemoteConnection &remote = *state.remote;

	if (pipeline.cursor_column && options.Text("late_rows") == "auto" && request.slice == nullptr) {
		state.open = AskOpen(remote);
	}
	remote.Exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	if (request.slice != nullptr) {
		state.slice = *request.slice;
		try {
			remote.Exec("SET TRANSACTION SNAPSHOT " + pg::QuoteLiteral(state.slice->snapshot));
		} catch (const Error &error) {
			if (error.State() != sqlstate::kInvalidParameterValue && error.State() != sqlstate::kUndefinedObject) {
				throw;
			}
			ThrowNoSnapshot(error);
		}
	}
	std::string statement;
	std::string pins;
	if (pipeline.source_table) {
		RemoteRelation const relation = FindRemoteRelation(remote, state.server, *pipeline.source_table, journal);
		state.from = relation.qualified;
		state.is_table = true;
		state.relation = relation.qualified;
		state.oid = relation.oid;
		state.plain_table = relation.plain;
		state.label = relation.qualified;
		statement = "SELECT * FROM " + state.from;
		// A table is read faster without it; what a query needs its author knows.
		if (remote.ServerVersion() >= kJit) {
			pins = options.Boolean("jit") ? "SET LOCAL jit = on; " : "SET LOCAL jit = off; ";
		}
		// The table was looked for along the remote user's path, which the functions of a view need as well.
		state.own_path = relation.kind == RELKIND_VIEW;
		if (!state.own_path) {
			pins += "SET LOCAL search_path = ''";
		}
	} else {
		std::string const literal = pg::QuoteLiteral(pg::RunContext()) + "::pg_catalog.jsonb";
		statement = pg::Call(ReplacedQuery, pipeline.source_query->c_str(), literal.c_str());
		state.from = "(\n" + statement + "\n) AS source";
		state.own_path = true;
		state.label = "the source query";
	}
	PinRemoteTransaction(remote, SourceSession, pipeline.timezone, pins);

	std::string as_text;
	std::vector<pg::RemoteConnection::Column> described = remote.Describe(statement);
	std::vector<TextColumn> text_columns;
	std::vector<DescribedColumn> types;
	types.reserve(described.size());
	std::optional<std::set<std::string>> const named = NamedColumns(pipeline.columns, pipeline.filter);
	for (pg::RemoteConnection::Column &column : described) {
		bool const computed = !named || named->contains(column.name);
		if (const char *const cast = MoneyCast(column.type)) {
			// Of an array the elements are what they travel as.
			Oid const type = column.type == MONEYOID ? MONEYOID : NUMERICARRAYOID;
			types.push_back({column.name, type, -1, false, computed});
			state.columns.push_back({column.name, type, -1, false, cast});
			continue;
		}
		bool const binary = TravelsInBinary(column.type);
		types.push_back({column.name, column.type, column.typmod, !binary, computed});
		if (!binary) {
			as_text += (as_text.empty() ? "\"" : ", \"") + column.name + "\"";
			text_columns.push_back({column.name, column.type});
		}
		state.columns.push_back({column.name, binary ? column.type : TEXTOID, binary ? column.typmod : -1, !binary,
								 binary ? "" : "::pg_catalog.text"});
	}
	RefuseMoneyWithin(remote, text_columns);
	if (state.columns.size() > MaxTupleAttributeNumber) {
		throw Error(sqlstate::kProtocolViolation, Format("{} has too many columns", state.label));
	}
	state.meaning = FindMeaning(remote, state.from, types);
	if (!as_text.empty()) {
		journal.Info(Format("columns {} travel as text: their types have no binary form that is safe between "
							"servers; all others are binary",
							as_text));
	}
	std::vector<const char *> names;
	for (const SourceColumn &column : state.columns) {
		names.push_back(column.name.c_str());
	}
	state.row_type = pg::Call(BuildRowType, static_cast<int>(state.columns.size()),
							  static_cast<const SourceColumn *>(state.columns.data()),
							  static_cast<const char *const *>(names.data()));
	int const version = remote.ServerVersion();
	journal.Info(Format("connected to server \"{}\" (PostgreSQL {}.{}), reading {}", state.server, version / 10000,
						version % 10000, state.label));
	return made;
}

PostgresSource::~PostgresSource() = default;

TupleDesc
PostgresSource::RowType() const
{
	return state_->row_type;
}

bool
PostgresSource::TravelsAsText(int attribute_index) const
{
	// Nor is an amount what it is there: a literal beside it would be read by the locale of the source.
	return state_->columns.at(attribute_index).cast[0] != '\0';
}

const std::vector<ColumnMeaning> &
PostgresSource::Meaning() const
{
	return state_->meaning;
}

std::string
PostgresSource::Label() const
{
	return Format("{} of server \"{}\"", state_->label, state_->server);
}

DeclaredTable
PostgresSource::Declared()
{
	State &state = *state_;
	if (!state.is_table || state.own_path) {
		return {};
	}
	return ReadDeclaredTable(
		[&state](const std::string &statement, const std::vector<pg::SqlValue> &parameters) {
			return state.remote->Exec(statement, parameters);
		},
		state.oid);
}

OpenTransactions
PostgresSource::Open()
{
	return state_->open;
}

std::string
PostgresSource::Filter(const std::string &condition, bool compares_text)
{
	State &state = *state_;
	pg::RemoteConnection &remote = *state.remote;
	// As JSON, because servers before version 12 have no such column, and no such collation either.
	if (compares_text &&
		!remote
			 .Exec("SELECT 1 FROM pg_catalog.pg_collation AS c WHERE pg_catalog.to_json(c) "
				   "OPERATOR(pg_catalog.->>) 'collisdeterministic' OPERATOR(pg_catalog.=) 'false' LIMIT 1")
			 .Empty()) {
		return "it compares texts and the source has collations that are not deterministic";
	}
	if (state.own_path) {
		if (std::string why = WhyPathMisleads(remote, condition); !why.empty()) {
			return why;
		}
	}
	return state.TryFilter(condition, "");
}

std::string
PostgresSource::FilterAsThere(const std::string &condition)
{
	// As the user's own sessions there find operators; gone with the transaction.
	return state_->TryFilter(condition, "SET LOCAL search_path TO DEFAULT");
}

std::string
PostgresSource::State::TryFilter(const std::string &wanted, const std::string &before)
{
	std::optional<Error> const failure = remote->Try([&] {
		if (!before.empty()) {
			remote->Exec(before);
		}
		(void)remote->Describe("SELECT 1 FROM " + Named() + " WHERE (\n" + wanted + "\n)");
	});
	if (failure) {
		// Only what the source says of the statement: it may be of an older version.
		if (SqlStateText(failure->State()).substr(0, 2) != "42") {
			throw *failure;
		}
		return Format("the source refuses it: {}", Redact(failure->what()));
	}
	condition = wanted;
	setting = before;
	SetWhere();
	return {};
}

void
PostgresSource::LimitTo(int64_t rows)
{
	state_->most_rows = rows;
}

void
PostgresSource::Restrict(const std::vector<SourceSpan> &spans)
{
	state_->slice->spans = spans;
}

std::string
PostgresSource::Shape() const
{
	std::string shape = state_->from + state_->where;
	for (const SourceColumn &column : state_->columns) {
		shape += Format(" {} {} {} {}", pg::QuoteIdentifier(column.name), column.type, column.typmod, column.as_text);
	}
	return shape;
}

std::unique_ptr<SourceCut>
PostgresSource::Cut(const std::string &key)
{
	const State &state = *state_;
	std::string const body = state.from + state.where;
	return std::make_unique<PostgresCut>(
		PostgresCut::Question{*state.remote, *this, state.relation, state.from, body, key});
}

std::string
PostgresSource::ExportSnapshot()
{
	return state_->remote->Exec("SELECT pg_catalog.pg_export_snapshot()").Text(0, 0);
}

void
PostgresSource::KeepAlive()
{
	(void)state_->remote->Exec("SELECT");
}

bool
PostgresSource::IsBroken() const
{
	return state_->remote->IsBroken();
}

void
PostgresSource::Reconnect()
{
	RunJournal quiet(pg::Now);
	SourceRequest const again{
		request_.pipeline, request_.options, request_.server, request_.wrapper, request_.fetch, quiet, request_.slice};
	std::string const shape = Shape();
	std::unique_ptr<State> const lost = std::exchange(state_, Connect(again));
	if (!lost->condition.empty()) {
		(void)state_->TryFilter(lost->condition, lost->setting);
	}
	if (Shape() != shape) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState, "the source's table changed while it was read",
					"Run the pipeline again.");
	}
}

// Of the transaction, which is older than its snapshot.
std::optional<std::string>
PostgresSource::Instant()
{
	pg::SqlResult const rows = state_->remote->Exec("SELECT pg_catalog.now()");
	return rows.Empty() ? std::nullopt : rows.Cell(0, 0);
}

std::optional<std::string>
PostgresSource::Greatest(const CursorColumn &column)
{
	pg::SqlResult const rows = state_->remote->Exec(PostgresGreatest(column, state_->Named()));
	return rows.Empty() ? std::nullopt : rows.Cell(0, 0);
}

std::optional<std::string>
PostgresSource::PartEnd(const CursorColumn &column, const CursorPart &part)
{
	pg::SqlResult const rows = state_->remote->Exec(PostgresPartEnd(column, state_->Named(), part));
	return rows.Empty() ? std::nullopt : rows.Cell(0, 0);
}

bool
PostgresSource::HasNull(const CursorColumn &column)
{
	const State &state = *state_;
	std::string const filter = state.condition.empty() ? "" : " AND (\n" + state.condition + "\n)";
	return !state.remote
				->Exec(Format("SELECT 1 FROM {} WHERE source.{} IS NULL{} LIMIT 1", state.Named(),
							  pg::QuoteIdentifier(column.name), filter))
				.Empty();
}

void
PostgresSource::ReadRange(const CursorColumn &column, const CursorRange &range)
{
	state_->range = PostgresCondition(column, range);
	state_->SetWhere();
}

std::string
PostgresSource::State::ListOf(const std::vector<bool> &needed, bool *any_cast) const
{
	std::string list;
	for (size_t i = 0; i < columns.size(); ++i) {
		if (!needed[i]) {
			continue;
		}
		list += (list.empty() ? "" : ", ") + pg::QuoteIdentifier(columns[i].name);
		list += columns[i].cast;
		*any_cast = *any_cast || columns[i].cast[0] != '\0';
	}
	return list;
}

// Describing a statement asks for no rights, planning it does.
void
PostgresSource::CheckReadable(const std::vector<bool> &needed)
{
	State &state = *state_;
	bool any_cast = false;
	std::string const select = state.Select(state.ListOf(needed, &any_cast), {});
	if (std::optional<Error> const failure =
			state.remote->Try([&] { (void)state.remote->Exec("EXPLAIN " + select); })) {
		throw *failure;
	}
}

std::optional<int64_t>
PostgresSource::CountRows()
{
	return state_->remote->Exec("SELECT pg_catalog.count(*) FROM " + state_->from + state_->where).Integer(0, 0);
}

std::string
PostgresSource::RemoteStatement(const std::vector<bool> &needed) const
{
	const State &state = *state_;
	bool any_cast = false;
	std::string const list = state.ListOf(needed, &any_cast);
	if (state.slice) {
		std::string union_all;
		for (const SourceSpan &span : state.slice->spans) {
			union_all += (union_all.empty() ? "" : " UNION ALL ") + state.Select(list, span);
		}
		return "COPY (" + union_all + ") TO STDOUT (FORMAT binary)";
	}
	if (state.most_rows > 0) {
		return Format("COPY ({}\nLIMIT {}) TO STDOUT (FORMAT binary)", state.Select(list, {}), state.most_rows);
	}
	// Straight from the table where that means the same: the source is spared its executor.
	if (state.plain_table && !any_cast && !list.empty() && state.where.empty()) {
		return "COPY " + state.from + " (" + list + ") TO STDOUT (FORMAT binary)";
	}
	return "COPY (" + state.Select(list, {}) + ") TO STDOUT (FORMAT binary)";
}

void
PostgresSource::Start(const std::vector<bool> &needed)
{
	State &state = *state_;
	auto flags = std::make_unique<bool[]>(needed.size() + 1);
	std::copy(needed.begin(), needed.end(), flags.get());
	auto as_text = std::make_unique<bool[]>(needed.size() + 1);
	for (size_t i = 0; i < state.columns.size(); ++i) {
		as_text[i] = state.columns[i].as_text;
	}
	state.decoder =
		pg::Call(leaf::CreateCopyDecoder, state.remote->Plain(), state.row_type, static_cast<const bool *>(flags.get()),
				 static_cast<const bool *>(as_text.get()), state.label.c_str());
	state.decoder->values.repair = state.repair;
	if (!state.slice) {
		state.rows_expected = EstimateSize(*state.remote, "1", state.from + state.where).rows;
	}
	state.remote->CopyOut(RemoteStatement(needed));
}

bool
PostgresSource::Fill(Batch *batch)
{
	DatabaseEncoding const encoding;
	return pg::Call(leaf::FillFromCopy, state_->decoder, batch);
}

bool
PostgresSource::SkipBadRow(BadRow *row)
{
	leaf::CopyDecoder *const decoder = state_->decoder;
	if (!leaf::IsInRow(decoder)) {
		return false;
	}
	row->position = decoder->base.rows + 1;
	row->column = NameStr(TupleDescAttr(state_->row_type, decoder->base.attribute)->attname);
	row->texts = pg::Call(leaf::BeginTexts);
	WireCursor fields = decoder->row;
	bool more = true;
	for (int i = 0; more; ++i) {
		if (pg::Subtransaction([&] { more = pg::Call(leaf::AddCopyField, decoder, i, false, &fields, row->texts); })) {
			more = pg::Call(leaf::AddCopyField, decoder, i, true, &fields, row->texts);
		}
	}
	pg::Call(leaf::SkipCopyRow, decoder);
	return true;
}

int64_t
PostgresSource::BytesRead() const
{
	return state_->decoder != nullptr ? state_->decoder->base.bytes : 0;
}

int64_t
PostgresSource::RowsRead() const
{
	return state_->decoder != nullptr ? state_->decoder->base.rows : 0;
}

int64_t
PostgresSource::RowsExpected() const
{
	return state_->rows_expected;
}

void
PostgresSource::Finish()
{
	state_->remote->Exec("COMMIT");
	state_->remote.reset();
}

} // namespace sluice::engine
