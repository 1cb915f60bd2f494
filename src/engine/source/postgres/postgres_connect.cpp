#include "engine/source/postgres/postgres_connect.hpp"

#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/postgres/postgres_meaning.hpp"
#include "engine/source/postgres/postgres_money.hpp"
#include "engine/source/postgres/postgres_open.hpp"
#include "engine/source/run_context_literal.hpp"
#include "engine/transform/column_choice.hpp"
#include "engine/wire/reached_server.hpp"
#include "engine/wire/remote_relation.hpp"
#include "engine/wire/remote_session.hpp"
#include "engine/wire/wire_type.hpp"
#include "pg/run_context.hpp"

namespace sluice::engine {

namespace {

constexpr int kJit = 110000; // the first version that has it

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
BuildRowType(int count, const PostgresColumn *columns, const char *const *names)
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

} // namespace

void
CheckPostgresSource(const catalog::Pipeline &pipeline, const ForeignServer & /*server*/)
{
	if (pipeline.source_query) {
		(void)pg::Call(leaf::ReplaceRunContext, pipeline.source_query->c_str(), static_cast<const char *>("NULL"));
	}
}

std::string
ReachPostgresSource(const ForeignServer &server, const OptionValues &options)
{
	return ReachPostgres(server, LinkOptions(options));
}

std::unique_ptr<PostgresSourceState>
ConnectPostgres(const SourceRequest &request)
{
	auto made = std::make_unique<PostgresSourceState>();
	PostgresSourceState &state = *made;
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
	for (const PostgresColumn &column : state.columns) {
		names.push_back(column.name.c_str());
	}
	state.row_type = pg::Call(BuildRowType, static_cast<int>(state.columns.size()),
							  static_cast<const PostgresColumn *>(state.columns.data()),
							  static_cast<const char *const *>(names.data()));
	int const version = remote.ServerVersion();
	journal.Info(Format("connected to server \"{}\" (PostgreSQL {}.{}), reading {}", state.server, version / 10000,
						version % 10000, state.label));
	return made;
}

} // namespace sluice::engine
