#include "engine/target/remote_ledger.hpp"

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
	"THEN 'role ' || u.rolname || ' lacks SELECT, INSERT, UPDATE or DELETE on it' ELSE '' END "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"JOIN pg_catalog.pg_roles o ON o.oid = c.relowner "
	"JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database() "
	"JOIN pg_catalog.pg_roles u ON u.rolname = CURRENT_USER "
	"WHERE n.nspname = $1::pg_catalog.name AND c.relname = $2::pg_catalog.name";

// How long to wait for another attempt of the same run that has not ended at the server.
constexpr const char *kPatience = "60000";

} // namespace

RemoteLedger::RemoteLedger(pg::RemoteConnection &remote, std::string schema, bool may_create)
	: schema_(std::move(schema)), name_(pg::QuoteIdentifier(schema_) + "." + kTable)
{
	Look(remote);
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
					"NULL, PRIMARY KEY (pipeline, run))");
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
	pg::SqlResult const loaded = remote.Exec("SELECT attempt, records, loaded_at FROM " + name_ +
												 " WHERE pipeline = $1::pg_catalog.uuid AND run = $2::pg_catalog.uuid",
											 {pipeline.id, root_run});
	if (loaded.Empty()) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("run {} was deleted from the ledger {} a moment ago", root_run, name_),
					"Nobody should change that table; run the pipeline again.");
	}
	return LoadedRun{loaded.Text(0, 0), loaded.Integer(0, 1), loaded.Text(0, 2)};
}

void
RemoteLedger::Record(pg::RemoteConnection &remote, const std::string &pipeline_id, const std::string &root_run,
					 int64_t records) const
{
	pg::SqlResult const updated =
		remote.Exec("UPDATE " + name_ +
						" SET records = $3::pg_catalog.int8, loaded_at = pg_catalog.clock_timestamp() "
						"WHERE pipeline = $1::pg_catalog.uuid AND run = $2::pg_catalog.uuid",
					{pipeline_id, root_run, Format("{}", records)});
	if (updated.Processed() != 1) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("run {} is missing in the ledger {}", root_run, name_), "Nobody should change that table.");
	}
}

} // namespace sluice::engine
