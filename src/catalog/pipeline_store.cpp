// Writing definitions and their versions. The rows of pipeline_due and pipeline_state that belong to a
// pipeline are made here too; pipeline_due.cpp holds what happens to them later.

#include "catalog/pipeline_store.hpp"

#include "catalog/chain_store.hpp"
#include "catalog/pipeline_columns.hpp"
#include "catalog/pipeline_home.hpp"
#include "catalog/reject_store.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

// Runs a statement that writes a name; the unique index speaks for concurrent writers too.
pg::SqlResult
ExecuteNaming(const std::string &name, const std::string &owner, std::string_view statement,
			  std::span<const pg::SqlValue> parameters)
{
	try {
		return Execute(statement, parameters);
	} catch (const Error &error) {
		if (error.State() == sqlstate::kUniqueViolation) {
			throw NameTaken(name, owner);
		}
		throw;
	}
}

// What is written follows from $place on.
std::string
InsertStatement(size_t place)
{
	std::string names;
	std::string values;
	for (const PipelineColumn &column : PipelineColumns()) {
		if (column.Is(kWritten)) {
			names += Format(", {}", column.name);
			values += Format(", ${}::{}", place++, column.type);
		}
	}
	return "INSERT INTO sluice.pipeline_definitions (id, created_by, created_at, updated_at, home, home_database" +
		   names +
		   ") VALUES ($1::uuid, $2::name, " SLUICE_SQL_AT("$3") ", " SLUICE_SQL_AT("$3") ", " SLUICE_SQL_IDENTITY
																						 ", " SLUICE_SQL_DATABASE +
		   values + ") ON CONFLICT DO NOTHING";
}

std::string
UpdateStatement(size_t place)
{
	std::string values;
	for (const PipelineColumn &column : PipelineColumns()) {
		if (column.Is(kWritten)) {
			values += Format(", {} = ${}::{}", column.name, place++, column.type);
		}
	}
	return "UPDATE sluice.pipeline_definitions SET version = version + 1, updated_at = " SLUICE_SQL_AT("$2") + values +
		   " WHERE id = $1::uuid";
}

// Names as the view pipelines shows them to the owner, who reads the version.
std::string
VersionStatement()
{
	constexpr const char *kName =
		"COALESCE(CASE WHEN p.owner_oid <> d.owner_oid THEN p.owner || '/' ELSE '' END || p.name, n.id::text)";
	constexpr const char *kTarget = "LEFT JOIN sluice.pipeline_definitions p ON p.id = n.id AND "
									"pg_has_role(d.owner_oid, p.owner_oid, 'USAGE')";
	std::string pairs;
	for (const PipelineColumn &column : PipelineColumns()) {
		if (column.Is(kVersioned)) {
			pairs += Format("'{0}', d.{0}, ", column.name);
		}
	}
	return "INSERT INTO sluice.pipeline_versions (pipeline_id, version, owner, owner_oid, definition, created_at, "
		   "created_by) SELECT d.id, d.version, d.owner, d.owner_oid, jsonb_build_object(" +
		   pairs +
		   Format("'depends_on_names', ARRAY(SELECT {0} FROM unnest(d.depends_on) WITH ORDINALITY n (id, position) {1} "
				  "ORDER BY n.position), 'on_failure_name', (SELECT {0} FROM (SELECT d.on_failure AS id) n {1} WHERE "
				  "n.id IS NOT NULL)), d.updated_at, $2::name FROM sluice.pipeline_definitions d WHERE d.id = $1::uuid",
				  kName, kTarget);
}

void
WriteVersion(const std::string &id)
{
	static std::string const statement = VersionStatement();
	Execute(statement, {id, CurrentUserName()});
}

// A statement that writes the definition, with its own first parameters; then its version. False: it wrote none.
bool
WriteDefinition(const Pipeline &pipeline, const std::string &statement, std::vector<pg::SqlValue> parameters)
{
	for (const PipelineColumn &column : PipelineColumns()) {
		if (column.Is(kWritten)) {
			parameters.push_back(CellOf(column, pipeline));
		}
	}
	if (ExecuteNaming(pipeline.name, pipeline.owner, statement, parameters).Processed() == 0) {
		return false;
	}
	WriteVersion(pipeline.id);
	return true;
}

} // namespace

Error
NameTaken(const std::string &name, const std::string &owner)
{
	return Error(sqlstate::kDuplicateObject, Format("role \"{}\" already has a pipeline named \"{}\"", owner, name),
				 "Choose another name, or alter the existing pipeline with alter_pipeline.");
}

bool
InsertPipeline(const Pipeline &pipeline, std::optional<TimestampTz> next_due)
{
	static std::string const statement = InsertStatement(4);
	if (!WriteDefinition(pipeline, statement, {pipeline.id, CurrentUserName(), Instant(pg::Now())})) {
		return false;
	}
	WriteNextDue(pipeline.id, next_due);
	Execute("INSERT INTO sluice.pipeline_state (pipeline_id) VALUES ($1::uuid)", {pipeline.id});
	return true;
}

void
UpdatePipeline(const Pipeline &pipeline, std::optional<TimestampTz> next_due)
{
	static std::string const statement = UpdateStatement(3);
	(void)WriteDefinition(pipeline, statement, {pipeline.id, Instant(pg::Now())});
	WriteNextDue(pipeline.id, next_due);
	// A copy restored from a dump has definitions only.
	Execute("INSERT INTO sluice.pipeline_state (pipeline_id) VALUES ($1::uuid) ON CONFLICT DO NOTHING", {pipeline.id});
}

void
RenamePipeline(const std::string &id, const std::string &new_name)
{
	std::optional<Pipeline> const pipeline = LockPipeline(id);
	if (!pipeline) {
		throw NoSuchPipeline(id);
	}
	std::array<pg::SqlValue, 3> const parameters{id, new_name, Instant(pg::Now())};
	ExecuteNaming(new_name, pipeline->owner,
				  "UPDATE sluice.pipeline_definitions SET name = $2, version = version + 1, "
				  "updated_at = " SLUICE_SQL_AT("$3") " WHERE id = $1::uuid",
				  parameters);
	WriteVersion(id);
}

void
DeletePipeline(const std::string &id, bool keep_history)
{
	Execute("DELETE FROM sluice.pipeline_definitions WHERE id = $1::uuid", {id});
	Execute("DELETE FROM sluice.pipeline_due WHERE pipeline_id = $1::uuid", {id});
	Execute("DELETE FROM sluice.pipeline_state WHERE pipeline_id = $1::uuid", {id});
	DropRejects(id);
	if (!keep_history) {
		ForgetChains(id);
		Execute("DELETE FROM sluice.pipeline_runs WHERE pipeline_id = $1::uuid", {id});
		Execute("DELETE FROM sluice.pipeline_run_log WHERE pipeline_id = $1::uuid", {id});
		Execute("DELETE FROM sluice.pipeline_versions WHERE pipeline_id = $1::uuid", {id});
	}
}

void
SetPaused(const std::string &id, bool paused, const std::optional<std::string> &reason,
		  std::optional<TimestampTz> next_due)
{
	if (paused) {
		Execute("UPDATE sluice.pipeline_definitions SET paused_at = " SLUICE_SQL_AT(
					"$2") ", paused_by = $3::name, "
						  "paused_reason = $4 WHERE id = $1::uuid",
				{id, Instant(pg::Now()), CurrentUserName(), reason});
	} else {
		Execute("UPDATE sluice.pipeline_definitions SET paused_at = NULL, paused_by = NULL, paused_reason = NULL "
				"WHERE id = $1::uuid",
				{id});
	}
	WriteNextDue(id, next_due);
}

std::string
RoleNames()
{
	return Execute(
			   "SELECT hashtextextended(string_agg(a.oid || ' ' || a.rolname, ',' ORDER BY a.oid), 0) FROM pg_authid a")
		.Text(0, 0);
}

namespace {

// Whoever is given the OID of a role that was dropped is not to be given what that role had. What is locked is left for
// the next time; the definitions come last, because they tell that there is something to do.
void
ForgetDroppedOwners()
{
	pg::SqlResult const dropped = Execute(
		"SELECT DISTINCT o.oid FROM (SELECT owner_oid FROM sluice.pipeline_definitions UNION ALL SELECT owner_oid FROM "
		"sluice.pipeline_versions) o (oid) WHERE o.oid <> 0 AND NOT EXISTS (SELECT FROM pg_authid a WHERE a.oid = "
		"o.oid)");
	if (dropped.Empty()) {
		return;
	}
	std::vector<std::string> roles;
	for (size_t row = 0; row < dropped.Rows(); ++row) {
		roles.push_back(dropped.Text(row, 0));
	}
	std::string const list = PlainArray(roles);
	Execute("DELETE FROM sluice.pipeline_sources WHERE owner_oid = ANY ($1::oid[])", {list});
	for (const char *table :
		 {"pipeline_run_log", "pipeline_runs", "pipeline_batch_nodes", "pipeline_versions", "pipeline_definitions"}) {
		Execute(Format("UPDATE sluice.{0} SET owner_oid = 0 WHERE ctid = ANY (ARRAY (SELECT q.ctid FROM sluice.{0} q "
					   "WHERE q.owner_oid = ANY ($1::oid[]) FOR UPDATE SKIP LOCKED))",
					   table),
				{list});
	}
}

} // namespace

bool
RefreshOwnerNames()
{
	Execute("UPDATE sluice.pipeline_definitions d SET owner = (SELECT a.rolname FROM pg_authid a WHERE a.oid = "
			"d.owner_oid) "
			"WHERE d.id = ANY (ARRAY (SELECT q.id FROM sluice.pipeline_definitions q JOIN pg_authid b ON b.oid = "
			"q.owner_oid "
			"WHERE b.rolname <> q.owner FOR UPDATE OF q SKIP LOCKED)) "
			"AND EXISTS (SELECT FROM pg_authid c WHERE c.oid = d.owner_oid)");
	ForgetDroppedOwners();
	return Execute("SELECT 1 FROM sluice.pipeline_definitions q JOIN pg_authid b ON b.oid = q.owner_oid "
				   "WHERE b.rolname <> q.owner LIMIT 1")
		.Empty();
}

} // namespace sluice::catalog
