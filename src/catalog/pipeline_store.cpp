// Writing definitions and their versions. The rows of pipeline_due and pipeline_state that belong to a
// pipeline are made here too; pipeline_due.cpp holds what happens to them later.

#include "catalog/pipeline_store.hpp"

#include "catalog/adoption.hpp"
#include "catalog/chain_store.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

Error
NameTaken(const std::string &name, const std::string &owner)
{
	return Error(sqlstate::kDuplicateObject, Format("role \"{}\" already has a pipeline named \"{}\"", owner, name),
				 "Choose another name, or alter the existing pipeline with alter_pipeline.");
}

// Runs a statement that writes a name; the unique index speaks for concurrent writers too.
pg::SqlResult
ExecuteNaming(const std::string &name, const std::string &owner, std::string_view statement,
			  std::initializer_list<pg::SqlValue> parameters)
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

void
WriteVersion(const std::string &id)
{
	Execute("INSERT INTO sluice.pipeline_versions (pipeline_id, version, owner, owner_oid, definition, created_at, "
			"created_by) SELECT d.id, d.version, d.owner, d.owner_oid, jsonb_build_object('name', d.name, "
			"'description', d.description, "
			"'tags', d.tags, 'owner', d.owner, 'source', d.source, 'source_table', d.source_table, "
			"'source_query', d.source_query, 'destination', d.destination, "
			"'destination_table', d.destination_table, 'mode', d.mode, 'load', d.load, 'load_chosen', d.load_chosen, "
			"'key_columns', d.key_columns, 'cursor_column', d.cursor_column, 'columns', d.columns, "
			"'filter', d.filter, 'schedule', d.schedule, 'timezone', d.timezone, 'depends_on', d.depends_on, "
			"'depends_on_names', p.depends_on_names, 'on_failure', d.on_failure, 'on_failure_name', "
			"p.on_failure_name, 'options', d.options, 'status', d.status, 'search_path', d.search_path), d.updated_at, "
			"$2::name "
			"FROM sluice.pipeline_definitions d JOIN {0}.pipelines p ON p.id = d.id WHERE d.id = $1::uuid",
			{id, CurrentUserName()});
}

} // namespace

void
WriteNextDue(const std::string &id, std::optional<TimestampTz> next_due)
{
	Execute("INSERT INTO sluice.pipeline_due AS d (pipeline_id, next_due, planned_at) VALUES ($1::uuid, " SLUICE_SQL_AT(
				"$2") ", " SLUICE_SQL_AT("$3") ") "
											   "ON CONFLICT (pipeline_id) DO UPDATE SET next_due = "
											   "EXCLUDED.next_due, " SLUICE_SQL_PLANNED("$3"),
			{id, Instant(next_due), Instant(pg::Now())});
}

void
InsertPipeline(const Pipeline &pipeline, std::optional<TimestampTz> next_due)
{
	ExecuteNaming(pipeline.name, pipeline.owner,
				  "INSERT INTO sluice.pipeline_definitions (id, name, description, tags, owner, owner_oid, source, "
				  "source_table, source_query, destination, destination_table, mode, load, columns, filter, schedule, "
				  "timezone, options, status, search_path, created_by, depends_on, on_failure, created_at, updated_at, "
				  "home, home_database) "
				  "VALUES ($1::uuid, $2, $3, COALESCE($4::text[], '{{}}'), $5::name, $6::oid, $7::name, $8, $9, "
				  "$10::name, $11, $12, $13, $14, $15, $16, $17, $18::jsonb, $19, $20, $21::name, $23::uuid[], "
				  "$24::uuid, " SLUICE_SQL_AT("$22") ", " SLUICE_SQL_AT("$22") ", " SLUICE_SQL_IDENTITY
																			   ", " SLUICE_SQL_DATABASE ")",
				  {pipeline.id,
				   pipeline.name,
				   pipeline.description,
				   pipeline.tags,
				   pipeline.owner,
				   Number(pipeline.owner_oid),
				   pipeline.source,
				   pipeline.source_table,
				   pipeline.source_query,
				   pipeline.destination,
				   pipeline.destination_table,
				   pipeline.mode,
				   pipeline.load,
				   pipeline.columns,
				   pipeline.filter,
				   pipeline.schedule,
				   pipeline.timezone,
				   pipeline.options,
				   pipeline.status,
				   pipeline.search_path,
				   CurrentUserName(),
				   Instant(pg::Now()),
				   PlainArray(pipeline.depends_on),
				   pipeline.on_failure});
	WriteVersion(pipeline.id);
	WriteNextDue(pipeline.id, next_due);
	Execute("INSERT INTO sluice.pipeline_state (pipeline_id) VALUES ($1::uuid)", {pipeline.id});
}

void
UpdatePipeline(const Pipeline &pipeline, std::optional<TimestampTz> next_due)
{
	ExecuteNaming(pipeline.name, pipeline.owner,
				  "UPDATE sluice.pipeline_definitions SET name = $2, description = $3, "
				  "tags = COALESCE($4::text[], '{{}}'), owner = $5::name, owner_oid = $6::oid, source = $7::name, "
				  "source_table = $8, source_query = $9, destination = $10::name, destination_table = $11, mode = $12, "
				  "load = $13, columns = $14, filter = $15, schedule = $16, timezone = $17, options = $18::jsonb, "
				  "status = $19, search_path = $20, depends_on = $22::uuid[], on_failure = $23::uuid, "
				  "version = version + 1, updated_at = " SLUICE_SQL_AT("$21") " WHERE id = $1::uuid",
				  {pipeline.id,
				   pipeline.name,
				   pipeline.description,
				   pipeline.tags,
				   pipeline.owner,
				   Number(pipeline.owner_oid),
				   pipeline.source,
				   pipeline.source_table,
				   pipeline.source_query,
				   pipeline.destination,
				   pipeline.destination_table,
				   pipeline.mode,
				   pipeline.load,
				   pipeline.columns,
				   pipeline.filter,
				   pipeline.schedule,
				   pipeline.timezone,
				   pipeline.options,
				   pipeline.status,
				   pipeline.search_path,
				   Instant(pg::Now()),
				   PlainArray(pipeline.depends_on),
				   pipeline.on_failure});
	WriteVersion(pipeline.id);
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
	ExecuteNaming(new_name, pipeline->owner,
				  "UPDATE sluice.pipeline_definitions SET name = $2, version = version + 1, "
				  "updated_at = " SLUICE_SQL_AT("$3") " WHERE id = $1::uuid",
				  {id, new_name, Instant(pg::Now())});
	WriteVersion(id);
}

void
DeletePipeline(const std::string &id, bool keep_history)
{
	Execute("DELETE FROM sluice.pipeline_definitions WHERE id = $1::uuid", {id});
	Execute("DELETE FROM sluice.pipeline_due WHERE pipeline_id = $1::uuid", {id});
	Execute("DELETE FROM sluice.pipeline_state WHERE pipeline_id = $1::uuid", {id});
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
