#include "engine/target/remote_ledger.hpp"

#include <array>

#include "catalog/run_settle.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"

namespace sluice::engine {

namespace {

constexpr const char *kTable = "pg_sluice_ledger";

// A table of this name could be somebody's trap: whoever makes it could have code run with the rights of the role
// that writes it. So its owner counts, and anything that could run code is refused.
constexpr const char *kLook =
	"SELECT CASE WHEN c.relkind <> 'r' OR c.relhastriggers OR c.relhasrules OR c.relrowsecurity OR (SELECT count(*) "
	"FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname "
	"IN ('pipeline', 'run', 'attempt', 'pipeline_name', 'records', 'loaded_at')) <> 6 "
	"THEN 'it is not the table that pg_sluice makes' "
	"WHEN NOT o.rolsuper AND o.oid NOT IN (n.nspowner, d.datdba, u.oid) "
	"THEN 'its owner is ' || o.rolname || ', who owns neither the schema nor the database' "
	"WHEN NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') OR NOT pg_catalog.has_table_privilege(c.oid, 'INSERT') "
	"OR NOT pg_catalog.has_table_privilege(c.oid, 'UPDATE') OR NOT pg_catalog.has_table_privilege(c.oid, 'DELETE') "
	"THEN 'role ' || u.rolname || ' lacks SELECT, INSERT, UPDATE or DELETE on it' ELSE '' END, "
	"EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'state' AND a.atttypid = "
	"'pg_catalog.jsonb'::pg_catalog.regtype) "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"JOIN pg_catalog.pg_roles o ON o.oid = c.relowner "
	"JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database() "
	"JOIN pg_catalog.pg_roles u ON u.rolname = CURRENT_USER "
	"WHERE n.nspname = $1::pg_catalog.name AND c.relname = $2::pg_catalog.name";

// How long to wait for another attempt of the same run that has not ended at the server.
constexpr const char *kPatience = "60000";
// How long to wait for loads that are under way before a ledger of an older version is altered: not at all, nearly.
constexpr const char *kMomentToAlter = "100";
// Each is of a run that was lost, or has ended within the last hour.
constexpr const char *kMostMoves = "1000";
constexpr int64_t kMostStateBytes = 16 * 1024 * 1024;

struct Counter {
	const char *name;
	int64_t catalog::RunCounters::*value;
};

constexpr std::array kCounters = {
	Counter{"read", &catalog::RunCounters::records_read},
	Counter{"inserted", &catalog::RunCounters::records_inserted},
	Counter{"updated", &catalog::RunCounters::records_updated},
	Counter{"deleted", &catalog::RunCounters::records_deleted},
	Counter{"unchanged", &catalog::RunCounters::records_unchanged},
	Counter{"duplicate", &catalog::RunCounters::records_duplicate},
	Counter{"filtered", &catalog::RunCounters::records_filtered},
	Counter{"failed", &catalog::RunCounters::records_failed},
	Counter{"bytes", &catalog::RunCounters::bytes_processed},
	Counter{"batches", &catalog::RunCounters::batches},
};

std::string
CountersJson(const catalog::RunCounters &counters)
{
	std::string json;
	for (const Counter &counter : kCounters) {
		json += Format("{}\"{}\": {}", json.empty() ? "{" : ", ", counter.name, counters.*counter.value);
	}
	return json + "}";
}

// Of a row without state the number of rows is known.
catalog::RunCounters
ReadCounters(const pg::SqlResult &row, size_t records, size_t first)
{
	catalog::RunCounters counters;
	counters.records_processed = row.Integer(0, records);
	counters.records_inserted = counters.records_processed;
	for (size_t i = 0; i < kCounters.size(); ++i) {
		if (row.Cell(0, first + i)) {
			counters.*kCounters[i].value = row.Integer(0, first + i);
		}
	}
	return counters;
}

} // namespace

RemoteLedger::RemoteLedger(pg::RemoteConnection &remote, std::string schema, bool may_create)
	: schema_(std::move(schema)), name_(pg::QuoteIdentifier(schema_) + "." + kTable)
{
	Look(remote);
	if (exists_ && may_create && IsUsable() && !holds_state_) {
		AddState(remote);
	}
	if (exists_ || !may_create) {
		return;
	}
	if (!remote
			 .Exec("SELECT pg_catalog.has_schema_privilege($1::pg_catalog.name::pg_catalog.text, 'CREATE')", {schema_})
			 .IsTrue(0, 0)) {
		why_not_ = Format("it does not exist, and the role of the user mapping may not create tables in schema \"{}\"",
						  schema_);
		return;
	}
	// Another run may be making it, too.
	std::optional<Error> const failure = remote.Try([&] {
		remote.Exec("CREATE TABLE IF NOT EXISTS " + name_ +
					" (pipeline pg_catalog.uuid, run pg_catalog.uuid, attempt pg_catalog.uuid NOT NULL, pipeline_name "
					"pg_catalog.text NOT NULL, records pg_catalog.int8 NOT NULL, loaded_at pg_catalog.timestamptz NOT "
					"NULL, state pg_catalog.jsonb, PRIMARY KEY (pipeline, run))");
		remote.Exec("COMMENT ON TABLE " + name_ +
					" IS 'pg_sluice: runs whose rows are committed here, so that none is loaded twice'");
	});
	Look(remote);
	if (!exists_) {
		why_not_ = failure ? "it could not be made: " + failure->Info().message : "it vanished";
	}
}

void
RemoteLedger::Look(pg::RemoteConnection &remote)
{
	pg::SqlResult const rows = remote.Exec(kLook, {schema_, kTable});
	exists_ = !rows.Empty();
	why_not_ = exists_ ? rows.Text(0, 0) : std::string();
	holds_state_ = exists_ && rows.IsTrue(0, 1);
}

// Not where other runs are at it: the next run tries it again.
void
RemoteLedger::AddState(pg::RemoteConnection &remote)
{
	std::optional<Error> const failure = remote.Try([&] {
		remote.Exec(Format("SET LOCAL lock_timeout = {}", kMomentToAlter));
		remote.Exec("ALTER TABLE " + name_ + " ADD COLUMN state pg_catalog.jsonb");
		remote.Exec("SET LOCAL lock_timeout = 0");
	});
	if (!failure) {
		Look(remote);
	}
}

void
RemoteLedger::Clean(pg::RemoteConnection &remote, const std::string &pipeline_id) const
{
	// What ended a moment ago may not be on disk here yet.
	pg::SqlResult const rows = remote.Exec("SELECT run FROM " + name_ +
											   " WHERE pipeline = $1::pg_catalog.uuid AND loaded_at < "
											   "pg_catalog.now() - '1 hour'::pg_catalog.interval LIMIT 1000",
										   {pipeline_id});
	if (rows.Empty()) {
		return;
	}
	std::vector<std::string> runs;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		runs.push_back(rows.Text(row, 0));
	}
	remote.Exec("DELETE FROM " + name_ +
					" WHERE pipeline = $1::pg_catalog.uuid AND (run = ANY ($2::pg_catalog.uuid[]) "
					"OR loaded_at < pg_catalog.now() - '30 days'::pg_catalog.interval)",
				{pipeline_id, catalog::PlainArray(catalog::SucceededRuns(runs))});
}

std::optional<LoadedRun>
RemoteLedger::Claim(pg::RemoteConnection &remote, const catalog::Pipeline &pipeline, const std::string &root_run,
					const std::string &attempt) const
{
	remote.Exec(Format("SET LOCAL lock_timeout = {}", kPatience));
	try {
		pg::SqlResult const claimed =
			remote.Exec("INSERT INTO " + name_ +
							" (pipeline, run, attempt, pipeline_name, records, loaded_at) VALUES "
							"($1::pg_catalog.uuid, $2::pg_catalog.uuid, $3::pg_catalog.uuid, $4, "
							"0, pg_catalog.now()) ON CONFLICT DO NOTHING RETURNING true",
						{pipeline.id, root_run, attempt, pipeline.name});
		if (!claimed.Empty()) {
			remote.Exec("SET LOCAL lock_timeout = 0");
			return std::nullopt;
		}
	} catch (const Error &error) {
		if (error.State() != sqlstate::kLockNotAvailable) {
			throw;
		}
		throw Error(sqlstate::kLockNotAvailable, "an earlier attempt of this run has not ended at the destination yet",
					"Its session there shows in pg_stat_activity with the application_name pg_sluice; once it is gone, "
					"another attempt finds out what it did.");
	}
	std::string counters;
	for (const Counter &counter : kCounters) {
		counters += holds_state_ ? Format(", state ->> '{}'", counter.name) : std::string(", NULL");
	}
	pg::SqlResult const loaded = remote.Exec(Format("SELECT attempt, records, loaded_at{} FROM {} WHERE pipeline = "
													"$1::pg_catalog.uuid AND run = $2::pg_catalog.uuid",
													counters, name_),
											 {pipeline.id, root_run});
	if (loaded.Empty()) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("run {} was deleted from the ledger {} a moment ago", root_run, name_),
					"Nobody should change that table; run the pipeline again.");
	}
	return LoadedRun{loaded.Text(0, 0), loaded.Text(0, 2), ReadCounters(loaded, 1, 3),
					 Rejects(remote, pipeline.id, root_run)};
}

void
RemoteLedger::Record(pg::RemoteConnection &remote, const std::string &pipeline_id, const std::string &root_run,
					 const catalog::RunCounters &counters, const std::string &rejects) const
{
	std::vector<pg::SqlValue> values = {pipeline_id, root_run, Format("{}", counters.records_processed)};
	std::string state;
	if (holds_state_) {
		state = ", state = $4::pg_catalog.jsonb";
		values.emplace_back(CountersJson(counters));
		if (const std::optional<catalog::WatermarkMove> &move = counters.watermark_move) {
			state += " || pg_catalog.jsonb_build_object('watermark', pg_catalog.jsonb_build_object('from', "
					 "$5::pg_catalog.text, 'to', $6::pg_catalog.text, 'rows', $7::pg_catalog.jsonb))";
			values.insert(values.end(), {move->from, counters.watermark_after, move->rows});
		}
		if (!rejects.empty()) {
			values.emplace_back(rejects);
			state += Format(" || pg_catalog.jsonb_build_object('rejects', ${}::pg_catalog.text)", values.size());
		}
	}
	pg::SqlResult const updated =
		remote.Exec(Format("UPDATE {} SET records = $3::pg_catalog.int8, loaded_at = pg_catalog.clock_timestamp(){} "
						   "WHERE pipeline = $1::pg_catalog.uuid AND run = $2::pg_catalog.uuid",
						   name_, state),
					values);
	if (updated.Processed() != 1) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("run {} is missing in the ledger {}", root_run, name_), "Nobody should change that table.");
	}
}

std::string
RemoteLedger::Rejects(pg::RemoteConnection &remote, const std::string &pipeline_id, const std::string &run) const
{
	if (!holds_state_) {
		return {};
	}
	pg::SqlResult const row =
		remote.Exec(Format("SELECT state ->> 'rejects' FROM {} WHERE pipeline = $1::pg_catalog.uuid AND run = "
						   "$2::pg_catalog.uuid AND pg_catalog.octet_length(state ->> 'rejects') < {}",
						   name_, kMostStateBytes),
					{pipeline_id, run});
	return row.Empty() ? std::string() : row.Text(0, 0);
}

std::vector<CommittedMove>
RemoteLedger::LostMoves(pg::RemoteConnection &remote, const std::string &pipeline_id) const
{
	std::vector<CommittedMove> moves;
	if (!holds_state_) {
		return moves;
	}
	pg::SqlResult const rows =
		remote.Exec(Format("SELECT run, state #>> '{{watermark,from}}' FROM {} WHERE pipeline = $1::pg_catalog.uuid "
						   "AND state #> '{{watermark,from}}' IS NOT NULL ORDER BY loaded_at DESC LIMIT {}",
						   name_, kMostMoves),
					{pipeline_id});
	if (rows.Empty()) {
		return moves;
	}
	std::vector<std::string> runs;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		runs.push_back(rows.Text(row, 0));
	}
	std::vector<std::string> const lost = catalog::RunsWithoutSuccess(runs);
	for (size_t row = 0; row < rows.Rows(); ++row) {
		if (std::find(lost.begin(), lost.end(), runs[row]) != lost.end()) {
			moves.push_back({runs[row], rows.Text(row, 1)});
		}
	}
	return moves;
}

catalog::WatermarkState
RemoteLedger::MovedTo(pg::RemoteConnection &remote, const std::string &pipeline_id, const std::string &run) const
{
	pg::SqlResult const row =
		remote.Exec(Format("SELECT state #>> '{{watermark,to}}', state #>> '{{watermark,rows}}' FROM {} WHERE pipeline "
						   "= $1::pg_catalog.uuid AND run = $2::pg_catalog.uuid AND pg_catalog.octet_length("
						   "state::pg_catalog.text) < {}",
						   name_, kMostStateBytes),
					{pipeline_id, run});
	if (row.Empty()) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("what run {} has left in the ledger {} is too large", run, name_),
					"Nobody should change that table.");
	}
	return {row.Cell(0, 0), row.Cell(0, 1)};
}

} // namespace sluice::engine
