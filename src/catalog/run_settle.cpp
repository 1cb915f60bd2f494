#include "catalog/run_settle.hpp"

#include "catalog/run_outcome.hpp"
#include "catalog/statement.hpp"
#include "core/retry_policy.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

std::vector<std::string>
RunsThatEnded(const std::vector<std::string> &root_runs, const char *which)
{
	pg::SqlResult const rows =
		Execute(std::string("SELECT root_run FROM sluice.pipeline_runs WHERE id = ANY ($1::uuid[]) OR (root_run = ANY "
							"($1::uuid[]) AND attempt > 1) GROUP BY root_run HAVING ") +
					which,
				{PlainArray(root_runs)});
	std::vector<std::string> found;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		found.push_back(rows.Text(row, 0));
	}
	return found;
}

} // namespace

void
NoteEnded(const std::string &run_id)
{
	// Without a scheduler nobody would ever take it away.
	if (!pg::IsPreloaded()) {
		return;
	}
	Execute("INSERT INTO sluice.pipeline_ended (run_id, batch, pipeline_id) SELECT id, batch, pipeline_id FROM "
			"sluice.pipeline_runs WHERE id = $1::uuid ON CONFLICT DO NOTHING",
			{run_id});
}

bool
IsSettled(const std::string &root_run)
{
	return Execute("SELECT 1 FROM sluice.pipeline_ended WHERE NOT drawn AND (run_id = $1::uuid OR run_id IN "
				   "(SELECT id FROM sluice.pipeline_runs WHERE root_run = $1::uuid AND attempt > 1))",
				   {root_run}, Reading::Latest)
		.Empty();
}

std::vector<EndedRun>
LockEnded(int limit, const std::optional<std::string> &after)
{
	// No EXISTS about runs or batches: a plan made while there are few would later hash all of them, for one.
	pg::SqlResult const rows = Execute(
		"SELECT e.run_id, e.batch, e.pipeline_id, e.drawn, NOT e.drawn AND COALESCE((SELECT r.status = 'success' "
		"FROM sluice.pipeline_runs r WHERE r.id = e.run_id AND NOT EXISTS (SELECT FROM sluice.pipeline_sources s "
		"WHERE s.source = r.source AND s.owner_oid = r.owner_oid)), false) AND (SELECT n.batch FROM "
		"sluice.pipeline_batch_nodes n WHERE n.batch = e.batch LIMIT 1) IS NULL FROM sluice.pipeline_ended e "
		"WHERE e.run_id > COALESCE($2::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY e.run_id "
		"LIMIT $1::bigint FOR UPDATE OF e SKIP LOCKED",
		{Number(limit), after});
	std::vector<EndedRun> ended;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		ended.push_back(
			{rows.Text(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.IsTrue(row, 3), rows.IsTrue(row, 4)});
	}
	return ended;
}

void
NoteDrawn(const std::string &run_id)
{
	Execute("UPDATE sluice.pipeline_ended SET drawn = true WHERE run_id = $1::uuid", {run_id});
}

void
ForgetEnded(const std::vector<std::string> &run_ids)
{
	Execute("DELETE FROM sluice.pipeline_ended WHERE run_id = ANY ($1::uuid[])", {PlainArray(run_ids)});
}

std::string
InsertRetry(const RunRow &run, TimestampTz due, const std::string &reason,
			const std::optional<std::string> &lost_before)
{
	std::string id = NewId();
	Execute(
		"INSERT INTO sluice.pipeline_runs (id, pipeline_id, pipeline_name, pipeline_version, owner, owner_oid, "
		"root_run, batch, status, reason, cause, if_running, triggered_by, context, metadata, attempt, due_at, "
		"queued_at, source, priority) SELECT $2::uuid, r.pipeline_id, r.pipeline_name, r.pipeline_version, r.owner, "
		"r.owner_oid, r.root_run, r.batch, 'pending', $3, 'retry', 'queue', r.triggered_by, r.context, (r.metadata - "
		"'lost_before' - 'unknown') || CASE WHEN $6 IS NULL THEN '{{}}' ELSE jsonb_build_object('lost_before', $6) "
		"END, "
		"r.attempt + 1, " SLUICE_SQL_AT("$4") ", " SLUICE_SQL_AT(
			"$5") ", r.source, r.priority "
				  "FROM sluice.pipeline_runs r WHERE r.id = $1::uuid",
		{run.id, id, CutMessage(reason), Instant(due), Instant(pg::Now()), lost_before});
	return id;
}

std::vector<std::string>
SucceededRuns(const std::vector<std::string> &root_runs)
{
	return RunsThatEnded(root_runs, "bool_or(status = 'success')");
}

std::vector<std::string>
RunsWithoutSuccess(const std::vector<std::string> &root_runs)
{
	return RunsThatEnded(root_runs, "NOT bool_or(status = 'success')");
}

void
RestoreDestination(Pipeline *pipeline, int version)
{
	pg::SqlResult const rows =
		Execute("SELECT definition ->> 'destination', definition ->> 'destination_table' FROM sluice.pipeline_versions "
				"WHERE pipeline_id = $1::uuid AND version = $2::int",
				{pipeline->id, Number(version)});
	if (!rows.Empty()) {
		pipeline->destination = rows.Cell(0, 0);
		pipeline->destination_table = rows.Cell(0, 1);
	}
}

bool
IsOutcomeOpen(const RunRow &run, const Pipeline &pipeline)
{
	Pipeline then = pipeline;
	if (run.pipeline_version != pipeline.version) {
		RestoreDestination(&then, run.pipeline_version);
	}
	int const state = run.error_sqlstate ? SqlStateFromText(*run.error_sqlstate) : 0;
	return then.destination && IsOutcomeUnknown({run.status, state, run.phase, run.lost_before.has_value()});
}

void
NoteOutcomeOpen(const std::string &run_id, const std::string &reason)
{
	Execute("UPDATE sluice.pipeline_runs SET metadata = metadata || jsonb_build_object('unknown', $2::text) WHERE id = "
			"(SELECT q.id FROM sluice.pipeline_runs q WHERE q.id = $1::uuid FOR UPDATE SKIP LOCKED)",
			{run_id, reason});
}

void
OnlyLook(const std::string &run_id)
{
	Execute("UPDATE sluice.pipeline_runs SET metadata = metadata || jsonb_build_object('lost_before', $2::text) WHERE "
			"id = (SELECT q.id FROM sluice.pipeline_runs q WHERE q.id = $1::uuid AND q.status || '' = 'pending' FOR "
			"UPDATE SKIP LOCKED)",
			{run_id, kOnlyLook});
}

bool
HasLaterAttempt(const RunRow &run)
{
	return !Execute(
				"SELECT 1 FROM sluice.pipeline_runs WHERE root_run = $1::uuid AND attempt > 1 AND attempt > $2::int "
				"LIMIT 1",
				{run.root_run, Number(run.attempt)})
				.Empty();
}

std::optional<RunRow>
LockLastAttempt(const std::string &root_run)
{
	for (;;) {
		std::optional<std::string> const last = LastAttempt(root_run);
		if (!last) {
			return std::nullopt;
		}
		// The scheduler and the run itself want the rows of runs that are not over.
		Execute(
			"SELECT FROM sluice.pipeline_runs WHERE id = $1::uuid AND status NOT IN ('pending', 'running') FOR UPDATE",
			{*last});
		std::optional<RunRow> run = FindRun(*last, true);
		if (!run || run->status == "pending" || run->status == "running") {
			return run;
		}
		if (LastAttempt(root_run) == last) {
			return run;
		}
		// Somebody retried it while we waited for the lock.
	}
}

void
NoteRetried(const RunRow &run)
{
	Execute("INSERT INTO sluice.pipeline_ended (run_id, batch, pipeline_id) VALUES ($1::uuid, $2::uuid, $3::uuid) "
			"ON CONFLICT (run_id) DO UPDATE SET drawn = false",
			{run.id, run.batch, run.pipeline_id});
}

bool
HastenRetry(const std::string &run_id, const char *look)
{
	return Execute("UPDATE sluice.pipeline_runs SET due_at = LEAST(due_at, " SLUICE_SQL_AT(
					   "$2") "), metadata = CASE WHEN metadata ? 'lost_before' THEN metadata || "
							 "jsonb_build_object('lost_before', $3::text) ELSE metadata END WHERE id = $1::uuid AND "
							 "status || '' = 'pending'",
				   {run_id, Instant(pg::Now()), look})
			   .Processed() > 0;
}

int
CountFailure(const std::string &pipeline_id)
{
	pg::SqlResult const rows =
		Execute("UPDATE sluice.pipeline_state SET failures_in_a_row = failures_in_a_row + 1 WHERE pipeline_id = "
				"(SELECT s.pipeline_id FROM sluice.pipeline_state s WHERE s.pipeline_id = $1::uuid FOR UPDATE SKIP "
				"LOCKED) RETURNING failures_in_a_row",
				{pipeline_id});
	return rows.Empty() ? 0 : static_cast<int>(rows.Integer(0, 0));
}

bool
PauseForFailures(const std::string &pipeline_id, const std::string &reason)
{
	pg::SqlResult const rows =
		Execute("UPDATE sluice.pipeline_definitions SET paused_at = " SLUICE_SQL_AT(
					"$2") ", paused_by = 'pg_sluice', paused_reason = $3 WHERE id = (SELECT d.id FROM "
						  "sluice.pipeline_definitions d WHERE d.id = $1::uuid AND d.paused_at IS NULL FOR UPDATE SKIP "
						  "LOCKED)",
				{pipeline_id, Instant(pg::Now()), CutMessage(reason)});
	if (rows.Processed() == 0) {
		return false;
	}
	ClearNextDue(pipeline_id);
	(void)PausePendingOf(pipeline_id, "paused: " + reason);
	return true;
}

std::vector<SourceOutage>
SourceOutages()
{
	pg::SqlResult const rows =
		Execute("SELECT source, owner_oid, " SLUICE_SQL_MICROSECONDS("waits_until") " FROM sluice.pipeline_sources");
	std::vector<SourceOutage> outages;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		outages.push_back({{rows.Text(row, 0), static_cast<Oid>(rows.Integer(row, 1))}, InstantCell(rows, row, 2)});
	}
	return outages;
}

// The whole error of the run with this id.
#define SLUICE_SQL_ERROR_OF(run)                                                                                       \
	"(SELECT left(sluice.error_text(r.error_message, r.error_detail, NULL), 8192) FROM sluice.pipeline_runs r WHERE "  \
	"r.id = " run "::uuid)"

int
CountOutage(const SourceAccess &access, const std::string &run_id)
{
	// Nobody but the scheduler inserts: a row that is there need not be waited for, though a retry_source may have it.
	pg::SqlResult const rows =
		Execute("WITH counted AS (UPDATE sluice.pipeline_sources s SET failures_in_a_row = s.failures_in_a_row + 1, "
				"last_failure_at = " SLUICE_SQL_AT("$2") ", last_error = " SLUICE_SQL_ERROR_OF(
					"$3") " FROM (SELECT q.source, q.owner_oid FROM sluice.pipeline_sources q WHERE "
						  "q.source = "
						  "$1::name AND q.owner_oid = $4::oid FOR UPDATE SKIP LOCKED) q WHERE s.source = q.source AND "
						  "s.owner_oid "
						  "= q.owner_oid RETURNING s.failures_in_a_row), added AS (INSERT INTO sluice.pipeline_sources "
						  "(source, "
						  "owner_oid, failures_in_a_row, last_failure_at, last_error) SELECT $1::name, $4::oid, "
						  "1, " SLUICE_SQL_AT("$2") ", " SLUICE_SQL_ERROR_OF(
							  "$3") " WHERE NOT EXISTS (SELECT FROM sluice.pipeline_sources q "
									"WHERE q.source = $1::name AND "
									"q.owner_oid = $4::oid) RETURNING failures_in_a_row) SELECT "
									"c.failures_in_a_row FROM counted c "
									"UNION ALL SELECT a.failures_in_a_row FROM added a",
				{access.source, Instant(pg::Now()), run_id, Number(access.owner)});
	return rows.Empty() ? 0 : static_cast<int>(rows.Integer(0, 0));
}

void
LetSourceWait(const SourceAccess &access, TimestampTz until)
{
	Execute("UPDATE sluice.pipeline_sources SET waits_until = " SLUICE_SQL_AT("$3") " WHERE source = $1::name "
																					"AND owner_oid = $2::oid",
			{access.source, Number(access.owner), Instant(until)});
}

void
EndOutage(const SourceAccess &access)
{
	Execute("DELETE FROM sluice.pipeline_sources s USING (SELECT q.source, q.owner_oid FROM sluice.pipeline_sources q "
			"WHERE "
			"q.source = $1::name AND q.owner_oid = $2::oid FOR UPDATE SKIP LOCKED) q WHERE s.source = q.source AND "
			"s.owner_oid = q.owner_oid",
			{access.source, Number(access.owner)});
}

} // namespace sluice::catalog
