#include "engine/sources/postgres_source.hpp"

#include <charconv>

#include "catalog/pipeline_options.hpp"
#include "core/duration.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/sources/copy_decoder_leaf.hpp"
#include "engine/sources/remote_relation.hpp"
#include "engine/sources/remote_session.hpp"
#include "engine/sources/run_context_literal_leaf.hpp"
#include "engine/sources/wire_type.hpp"
#include "pg/remote_connection.hpp"
#include "pg/run_context.hpp"

namespace sluice::engine {

namespace {

struct SourceColumn {
	std::string name;
	Oid type;
	int32 typmod;
	bool as_text;
};

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

// From EXPLAIN's JSON; 0 when it holds no such number.
int64_t
PlannedRows(const std::string &plan)
{
	constexpr std::string_view kKey = "\"Plan Rows\":";
	size_t const key = plan.find(kKey);
	if (key == std::string::npos) {
		return 0;
	}
	size_t const number = std::min(plan.find_first_not_of(' ', key + kKey.size()), plan.size());
	int64_t rows = 0;
	(void)std::from_chars(plan.data() + number, plan.data() + plan.size(), rows);
	return std::max<int64_t>(rows, 0);
}

} // namespace

struct PostgresSource::State {
	std::string server;
	std::string label;
	std::unique_ptr<pg::RemoteConnection> remote;
	std::string from;  // relation or (query) AS source
	std::string where; // with its keyword, or ''
	bool is_table = false;
	bool plain_table = false; // COPY reads it as it is
	std::vector<SourceColumn> columns;
	TupleDesc row_type = nullptr;
	leaf::CopyDecoder *decoder = nullptr;
	int64_t rows_expected = 0;
};

bool
PostgresSource::Handles(const ForeignServer &server)
{
	ForeignDataWrapper *wrapper = pg::Call(GetForeignDataWrapper, server.fdwid);
	return strcmp(wrapper->fdwname, "postgres_fdw") == 0;
}

PostgresSource::PostgresSource(const catalog::Pipeline &pipeline, RunJournal &journal)
	: state_(std::make_unique<State>())
{
	State &state = *state_;
	ForeignServer *server = pg::FindServer(*pipeline.source);
	state.server = server->servername;

	OptionValues const options = catalog::ReadOptions(pipeline.options);
	pg::RemoteOptions remote_options;
	remote_options.connect_timeout_ms =
		static_cast<int>(options.DurationMicroseconds("connect_timeout") / kMillisecond);
	remote_options.idle_timeout_ms =
		static_cast<int>(options.DurationMicroseconds("source_idle_timeout") / kMillisecond);
	remote_options.application_name = "pg_sluice";
	journal.EnterPhase("connecting");
	state.remote = std::make_unique<pg::RemoteConnection>(*server, remote_options);
	pg::RemoteConnection &remote = *state.remote;

	// The table is looked for before the path is pinned. A query keeps the remote user's path.
	remote.Exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	std::string statement;
	if (pipeline.source_table) {
		RemoteRelation const relation = FindRemoteRelation(remote, state.server, *pipeline.source_table, journal);
		state.from = relation.qualified;
		state.is_table = true;
		state.plain_table = relation.plain;
		state.label = relation.qualified;
		statement = "SELECT * FROM " + state.from;
	} else {
		std::string const literal = pg::QuoteLiteral(pg::RunContext()) + "::pg_catalog.jsonb";
		statement = pg::Call(ReplacedQuery, pipeline.source_query->c_str(), literal.c_str());
		state.from = "(\n" + statement + "\n) AS source";
		state.label = "the source query";
	}
	PinRemoteSession(remote, pipeline.timezone,
					 pipeline.source_table ? std::vector<RemoteSetting>{{"search_path", "''"}}
										   : std::vector<RemoteSetting>{});

	std::string as_text;
	for (pg::RemoteConnection::Column &column : remote.Describe(statement)) {
		bool const binary = TravelsInBinary(column.type);
		if (!binary) {
			as_text += (as_text.empty() ? "\"" : ", \"") + column.name + "\"";
		}
		state.columns.push_back(
			{std::move(column.name), binary ? column.type : TEXTOID, binary ? column.typmod : -1, !binary});
	}
	if (state.columns.size() > MaxTupleAttributeNumber) {
		throw Error(sqlstate::kProtocolViolation, Format("{} has too many columns", state.label));
	}
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
	return state_->columns.at(attribute_index).as_text;
}

const std::string &
PostgresSource::Label() const
{
	return state_->label;
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
	std::string const from = state.is_table ? state.from + " AS source" : state.from;
	std::string const where = " WHERE (\n" + condition + "\n)";
	remote.Exec("SAVEPOINT filter");
	try {
		(void)remote.Describe("SELECT 1 FROM " + from + where);
	} catch (const Error &error) {
		// Only what the source says of the statement: it may be of an older version.
		if (SqlStateText(error.State()).substr(0, 2) != "42") {
			throw;
		}
		remote.Exec("ROLLBACK TO SAVEPOINT filter");
		return Format("the source refuses it: {}", Redact(error.what()));
	}
	remote.Exec("RELEASE SAVEPOINT filter");
	state.from = from;
	state.where = where;
	return {};
}

std::string
PostgresSource::RemoteStatement(const std::vector<bool> &needed) const
{
	const State &state = *state_;
	std::string list;
	bool any_text = false;
	for (size_t i = 0; i < state.columns.size(); ++i) {
		if (!needed[i]) {
			continue;
		}
		list += (list.empty() ? "" : ", ") + pg::QuoteIdentifier(state.columns[i].name);
		if (state.columns[i].as_text) {
			list += "::pg_catalog.text";
			any_text = true;
		}
	}
	// Straight from the table where that means the same: the source is spared its executor.
	if (state.plain_table && !any_text && !list.empty() && state.where.empty()) {
		return "COPY " + state.from + " (" + list + ") TO STDOUT (FORMAT binary)";
	}
	return "COPY (SELECT " + list + " FROM " + state.from + state.where + ") TO STDOUT (FORMAT binary)";
}

void
PostgresSource::Start(const std::vector<bool> &needed)
{
	State &state = *state_;
	auto flags = std::make_unique<bool[]>(needed.size() + 1);
	std::copy(needed.begin(), needed.end(), flags.get());
	state.decoder = pg::Call(leaf::CreateCopyDecoder, state.remote->Plain(), state.row_type,
							 static_cast<const bool *>(flags.get()), state.label.c_str());
	pg::SqlResult const plan = state.remote->Exec("EXPLAIN (FORMAT JSON) SELECT 1 FROM " + state.from + state.where);
	state.rows_expected = plan.Empty() ? 0 : PlannedRows(plan.Text(0, 0));
	state.remote->CopyOut(RemoteStatement(needed));
}

bool
PostgresSource::Fill(Batch *batch)
{
	return pg::Call(leaf::FillFromCopy, state_->decoder, batch);
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
