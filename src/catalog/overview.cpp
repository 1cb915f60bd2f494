#include "catalog/overview.hpp"

#include "catalog/pipeline_home.hpp"
#include "catalog/statement.hpp"
#include "catalog/watched.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

// How many pipelines fit, and the first five of them.
Some
Count(const pg::SqlResult &rows)
{
	return {rows.Integer(0, 0), rows.Text(0, 1)};
}

#define SLUICE_FIRST_FIVE(expression)                                                                                  \
	"count(*), array_to_string((array_agg(" expression " ORDER BY " expression "))[1:5], ', ') || "                    \
	"CASE WHEN count(*) > 5 THEN ', ...' ELSE '' END "

} // namespace

std::string
DescribePipeline(const std::string &id, Oid role)
{
	std::vector<pg::SqlValue> const parameters{id};
	return ExecuteAs(
			   role,
			   "SELECT jsonb_build_object('definition', to_jsonb(p), "
			   "'state', to_jsonb(s) - '{{id,name,owner}}'::text[], 'runs', COALESCE((SELECT jsonb_agg(to_jsonb(l)) "
			   "FROM "
			   "(SELECT r.id, r.status, r.reason, r.cause, r.triggered_by, r.pipeline_version AS version, r.attempt, "
			   "r.due_at, r.queued_at, r.start_time, r.end_time, r.duration, r.records_read, r.records_processed, "
			   "r.records_failed, r.records_inserted, r.records_updated, r.records_deleted, r.records_unchanged, "
			   "r.records_duplicate, r.records_filtered, r.bytes_processed, r.error_message, r.error_sqlstate, "
			   "r.error_detail, r.error_hint, "
			   "r.error_context "
			   "FROM {0}.pipeline_runs r WHERE r.pipeline_id = p.id ORDER BY r.id DESC LIMIT 10) l), '[]')) "
			   "FROM {0}.pipelines p JOIN {0}.pipeline_status s ON s.id = p.id WHERE p.id = $1::uuid",
			   parameters)
		.Text(0, 0);
}

std::vector<std::vector<pg::SqlValue>>
RunLog(const std::string &run_id)
{
	pg::SqlResult const rows = Execute(
		"SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00', level, phase, message, data "
		"FROM sluice.pipeline_run_log WHERE run_id = $1::uuid ORDER BY line",
		{run_id});
	std::vector<std::vector<pg::SqlValue>> lines;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		lines.push_back(
			{rows.Cell(row, 0), rows.Cell(row, 1), rows.Cell(row, 2), rows.Cell(row, 3), rows.Cell(row, 4)});
	}
	return lines;
}

Overview
Look(Oid role)
{
	Overview overview;
	pg::SqlValue const asker = Number(role);
	pg::SqlResult const all = Execute(
		"SELECT count(*) FILTER (WHERE " SLUICE_SQL_WATCHED(
			"owner_oid") "), count(*) FILTER (WHERE NOT " SLUICE_SQL_WATCHED("owner_oid") ") FROM "
																						  "sluice.pipeline_definitions",
		{asker});
	overview.pipelines = all.Integer(0, 0);
	overview.unseen = all.Integer(0, 1);
	// A retry whose time has not come waits for nothing but that.
	pg::SqlResult const queue =
		Execute("SELECT count(*), " SLUICE_SQL_MICROSECONDS(
					"min(COALESCE(due_at, queued_at))") " FROM sluice.pipeline_runs "
														"WHERE status = 'pending' AND " SLUICE_SQL_WATCHED(
															"owner_oid") " AND NOT (cause = 'retry' AND due_at "
																		 "> " SLUICE_SQL_AT("$2") ")",
				{asker, Instant(pg::Now())});
	overview.queued = queue.Integer(0, 0);
	overview.oldest_queued = InstantCell(queue, 0, 1);
	overview.parked = Count(Execute("SELECT " SLUICE_FIRST_FIVE("name") "FROM sluice.pipeline_definitions d "
																		"WHERE " SLUICE_SQL_PARKED
																		" AND " SLUICE_SQL_WATCHED("owner_oid"),
									{asker}));
	overview.paused = Count(
		Execute("SELECT " SLUICE_FIRST_FIVE("name") "FROM sluice.pipeline_definitions "
													"WHERE paused_at IS NOT NULL AND " SLUICE_SQL_WATCHED("owner_oid"),
				{asker}));
	overview.failing =
		Count(Execute("SELECT " SLUICE_FIRST_FIVE(
						  "d.name") "FROM sluice.pipeline_definitions d JOIN "
									"sluice.pipeline_state s ON s.pipeline_id = d.id AND s.failures_in_a_row > 0 "
									"WHERE d.status = 'active' AND " SLUICE_SQL_WATCHED("d.owner_oid"),
					  {asker}));
	overview.without_owner = Count(Execute(
		"SELECT " SLUICE_FIRST_FIVE("d.name") "FROM sluice.pipeline_definitions d "
											  "WHERE d.status = 'active' AND " SLUICE_SQL_WATCHED(
												  "d.owner_oid") " AND NOT EXISTS "
																 "(SELECT FROM pg_authid a WHERE a.oid = d.owner_oid)",
		{asker}));
	overview.without_login = Count(Execute(
		"SELECT " SLUICE_FIRST_FIVE("a.rolname") "FROM pg_authid a WHERE NOT a.rolcanlogin AND " SLUICE_SQL_WATCHED(
			"a.oid") " AND EXISTS (SELECT FROM sluice.pipeline_definitions d "
					 "WHERE d.owner_oid = a.oid AND d.status = 'active')",
		{asker}));
	overview.waiting_sources =
		Count(Execute("SELECT " SLUICE_FIRST_FIVE(
						  "s.source") "FROM (SELECT DISTINCT source FROM "
									  "sluice.pipeline_sources WHERE waits_until IS NOT NULL AND " SLUICE_SQL_WATCHED(
										  "owner_oid") ") s",
					  {asker}));
	return overview;
}

} // namespace sluice::catalog
