#include "engine/source/postgres/postgres_source.hpp"

#include "core/sqlstate.hpp"
#include "engine/source/postgres/postgres_connect.hpp"
#include "engine/source/postgres/postgres_cut.hpp"
#include "engine/source/postgres/postgres_estimate.hpp"
#include "engine/source/postgres/postgres_open.hpp"
#include "engine/source/postgres/postgres_path.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

namespace {

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

std::unique_ptr<Source>
OpenPostgresSource(const SourceRequest &request)
{
	return std::make_unique<PostgresSource>(request);
}

PostgresSource::PostgresSource(const SourceRequest &request) : request_(request), state_(ConnectPostgres(request)) {}

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
	PostgresSourceState &state = *state_;
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

SourceSnapshot
PostgresSource::Snapshot()
{
	return AskSnapshot(*state_->remote, state_->oid);
}

std::string
PostgresSource::Filter(const std::string &condition, bool compares_text)
{
	PostgresSourceState &state = *state_;
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
	for (const PostgresColumn &column : state_->columns) {
		shape += Format(" {} {} {} {}", pg::QuoteIdentifier(column.name), column.type, column.typmod, column.as_text);
	}
	return shape;
}

std::unique_ptr<SourceCut>
PostgresSource::Cut(const std::string &key)
{
	const PostgresSourceState &state = *state_;
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
	std::unique_ptr<PostgresSourceState> const lost = std::exchange(state_, ConnectPostgres(again));
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
	const PostgresSourceState &state = *state_;
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

// Describing a statement asks for no rights, planning it does.
void
PostgresSource::CheckReadable(const std::vector<bool> &needed)
{
	PostgresSourceState &state = *state_;
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
	const PostgresSourceState &state = *state_;
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
	PostgresSourceState &state = *state_;
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
