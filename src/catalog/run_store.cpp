// Rows of pipeline_runs until their run ends: made, found, queued, started, closed without a start.
// What the scheduler calls passes over rows that somebody else has locked.

#include "catalog/run_store.hpp"

#include "catalog/chain_store.hpp"
#include "catalog/pipeline_options.hpp"
#include "catalog/run_outcome.hpp"
#include "catalog/run_row.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"

namespace sluice::catalog {

namespace {

// The row is queued. Said so that no partial index on status fits: a plan made while the queue is short, or while the
// statistics say so, would read all of it later, for one run. See src/sql/15_indexes.sql.
#define SLUICE_QUEUED "q.status || '' = 'pending'"

std::vector<std::string>
FirstColumn(const pg::SqlResult &rows)
{
	std::vector<std::string> values;
	values.reserve(rows.Rows());
	for (size_t row = 0; row < rows.Rows(); ++row) {
		values.push_back(rows.Text(row, 0));
	}
	return values;
}

std::optional<std::string>
FirstCell(const pg::SqlResult &rows)
{
	return rows.Empty() ? std::nullopt : rows.Cell(0, 0);
}

// Queued runs of a pipeline, up to one of them or all, without those that are to look or with them.
int
CloseQueued(const std::string &pipeline_id, const std::string &status, const std::string &reason,
			const std::optional<std::string> &up_to, bool keep_looks)
{
	// Only a batch has to hear of them, and who waits for the answer of a look.
	pg::SqlResult const rows = Execute(
		"WITH closed AS (UPDATE sluice.pipeline_runs r SET status = $2, reason = $3, end_time = " SLUICE_SQL_AT(
			"$4") " WHERE r.id = ANY (ARRAY (SELECT q.id FROM sluice.pipeline_runs q WHERE q.pipeline_id = $1::uuid "
				  "AND " SLUICE_QUEUED " AND ($5 IS NULL OR q.id <= $5::uuid) AND NOT ($6::boolean AND q.metadata ? "
				  "'lost_before') FOR UPDATE SKIP LOCKED)) RETURNING r.id, r.batch, r.pipeline_id, r.metadata), "
				  "noted AS (INSERT INTO sluice.pipeline_ended (run_id, batch, pipeline_id) SELECT c.id, c.batch, "
				  "c.pipeline_id FROM closed c WHERE c.metadata ? 'lost_before' OR (SELECT n.batch FROM "
				  "sluice.pipeline_batch_nodes n WHERE n.batch = c.batch LIMIT 1) IS NOT NULL ON CONFLICT DO NOTHING) "
				  "SELECT count(*) FROM closed",
		{pipeline_id, status, CutMessage(reason), Instant(pg::Now()), up_to, keep_looks ? "true" : "false"});
	return static_cast<int>(rows.Integer(0, 0));
}

} // namespace

std::string
InsertRun(const Pipeline &pipeline, const NewRun &run)
{
	std::string id = NewId();
	Execute(
		"INSERT INTO sluice.pipeline_runs (id, pipeline_id, pipeline_name, pipeline_version, owner, owner_oid, "
		"root_run, batch, status, reason, cause, if_running, triggered_by, context, due_at, queued_at, start_time, "
		"end_time, source, priority, metadata) VALUES ($1::uuid, $2::uuid, $3, $4::int, $5::name, $6::oid, $1::uuid, "
		"COALESCE($15::uuid, $1::uuid), $7, $8, $9, $10, "
		"$11::name, COALESCE((SELECT n.context FROM sluice.pipeline_batch_nodes n WHERE n.batch = $15::uuid AND "
		"n.context IS NOT NULL), $12::jsonb), " SLUICE_SQL_AT("$13") ", " SLUICE_SQL_AT(
			"$14") ", CASE WHEN $7 = 'running' THEN " SLUICE_SQL_AT("$14") " END, CASE WHEN $7 = 'skipped' "
																		   "THEN " SLUICE_SQL_AT(
																			   "$14") " END, "
																					  "$16::name, $17::int, CASE WHEN "
																					  "$9 = "
																					  "'schedule' AND $7 = "
																					  "'pending' AND $8 IS NOT "
																					  "NULL THEN "
																					  "jsonb_build_object('missed',"
																					  " $8::text) ELSE '{{}}' END || "
																					  "CASE WHEN $18 IS NULL THEN "
																					  "'{{}}' ELSE "
																					  "jsonb_build_object('repair', "
																					  "$18::text) END)",
		{id, pipeline.id, pipeline.name, Number(pipeline.version), pipeline.owner, Number(pipeline.owner_oid),
		 run.status, CutIfSet(run.reason), run.cause, run.if_running, run.triggered_by, run.context,
		 Instant(run.due_at), Instant(pg::Now()), run.batch, pipeline.source,
		 Number(ReadOptions(pipeline.options).Integer("priority")), run.repair});
	if (run.status == "pending" && !run.batch) {
		RecordChain(pipeline, id, run.dependents);
	}
	return id;
}

Error
NoSuchRun(const std::string &id)
{
	return Error(sqlstate::kUndefinedObject, Format("run {} does not exist", id),
				 "SELECT * FROM recent_runs() shows those that you may see.");
}

std::optional<RunRow>
FindRun(const std::string &id, bool latest_snapshot)
{
	pg::SqlResult const rows = Execute("SELECT " SLUICE_RUN_COLUMNS "FROM sluice.pipeline_runs r WHERE r.id = $1::uuid",
									   {id}, latest_snapshot ? Reading::Latest : Reading::Transaction);
	return rows.Empty() ? std::nullopt : std::optional<RunRow>(ReadRun(rows, 0));
}

std::string
ContextOf(const std::string &run_id)
{
	pg::SqlResult const rows =
		Execute("SELECT CASE WHEN octet_length(r.context::text) <= $2::int THEN r.context END, "
				"octet_length(r.context::text) FROM sluice.pipeline_runs r WHERE r.id = $1::uuid",
				{run_id, Number(pg::Settings::max_context_size)});
	if (!rows.Empty() && !rows.Cell(0, 0)) {
		throw Error(sqlstate::kProgramLimitExceeded,
					Format("context of run {} is too large: {} bytes", run_id, rows.Integer(0, 1)),
					Format("pg_sluice.max_context_size allows {} bytes: raise it, or trigger with a smaller context.",
						   pg::Settings::max_context_size));
	}
	return rows.Empty() ? "{}" : rows.Text(0, 0);
}

std::optional<std::string>
ActiveRun(const std::string &pipeline_id)
{
	if (pipeline_id.empty()) {
		// Two index scans of one row each, however long the queue is.
		return FirstCell(
			Execute("(SELECT id FROM sluice.pipeline_runs WHERE status = 'running' ORDER BY id LIMIT 1) "
					"UNION ALL (SELECT id FROM sluice.pipeline_runs WHERE status = 'pending' "
					"AND NOT metadata ? 'backfill' ORDER BY COALESCE(due_at, queued_at), id LIMIT 1) LIMIT 1",
					{}, Reading::Latest));
	}
	return FirstCell(
		Execute("SELECT id FROM sluice.pipeline_runs WHERE pipeline_id = $1::uuid "
				"AND status IN ('pending', 'running') AND NOT metadata ? 'backfill' ORDER BY status DESC, id LIMIT 1",
				{pipeline_id}, Reading::Latest));
}

std::optional<std::string>
RunningRun(const std::string &pipeline_id)
{
	return FirstCell(Execute("SELECT id FROM sluice.pipeline_runs WHERE pipeline_id = $1::uuid "
							 "AND status IN ('pending', 'running') AND status || '' = 'running' LIMIT 1",
							 {pipeline_id}, Reading::Latest));
}

std::optional<std::string>
QueuedRun(const std::string &pipeline_id, bool with_slices)
{
	return FirstCell(
		Execute("SELECT id FROM sluice.pipeline_runs WHERE pipeline_id = $1::uuid "
				"AND status IN ('pending', 'running') AND status || '' = 'pending' AND ($2::boolean OR NOT "
				"metadata ? 'backfill') LIMIT 1",
				{pipeline_id, with_slices ? "true" : "false"}, Reading::Latest));
}

std::optional<std::string>
LastRunMade(const std::string &pipeline_id)
{
	return FirstCell(
		Execute("SELECT r.id FROM sluice.pipeline_runs r WHERE r.pipeline_id >= $1::uuid AND r.pipeline_id <= "
				"$1::uuid AND (r.status <> 'skipped' OR r.attempt > 1) ORDER BY r.pipeline_id, r.id DESC "
				"LIMIT 1",
				{pipeline_id}, Reading::Latest));
}

void
NoteWaiting(const std::string &run_id, const std::string &reason)
{
	Execute("UPDATE sluice.pipeline_runs SET reason = $2 WHERE id = (SELECT q.id FROM sluice.pipeline_runs q "
			"WHERE q.id = $1::uuid AND " SLUICE_QUEUED " AND q.reason IS DISTINCT FROM $2 FOR UPDATE SKIP LOCKED)",
			{run_id, CutMessage(reason)});
}

int
SkipDuplicates(const std::string &pipeline_id, const std::string &starting_run)
{
	pg::SqlResult const rows = Execute(
		"WITH skipped AS (UPDATE sluice.pipeline_runs r SET status = 'skipped', reason = 'run ' || $2 || ' came "
		"first', end_time = " SLUICE_SQL_AT(
			"$3") " WHERE r.id = ANY (ARRAY (SELECT q.id FROM sluice.pipeline_runs q "
				  "WHERE q.pipeline_id = $1::uuid AND " SLUICE_QUEUED
				  " AND q.if_running <> 'queue' AND q.id <> $2::uuid FOR UPDATE SKIP LOCKED)) RETURNING r.id), "
				  "forgotten AS (DELETE FROM sluice.pipeline_batch_nodes n USING skipped s WHERE n.batch = s.id) "
				  "SELECT count(*) FROM skipped",
		{pipeline_id, starting_run, Instant(pg::Now())});
	return static_cast<int>(rows.Integer(0, 0));
}

bool
ClosePending(const std::string &run_id, const std::string &status, const std::string &reason)
{
	pg::SqlResult const rows =
		Execute("UPDATE sluice.pipeline_runs SET status = $2, reason = $3, end_time = " SLUICE_SQL_AT(
					"$4") ", error_message = CASE WHEN $2 = 'failed' THEN $3 END WHERE id = (SELECT q.id FROM "
						  "sluice.pipeline_runs q "
						  "WHERE q.id = $1::uuid AND " SLUICE_QUEUED " FOR UPDATE SKIP LOCKED) RETURNING pipeline_id",
				{run_id, status, CutMessage(reason), Instant(pg::Now())});
	if (rows.Empty()) {
		return false;
	}
	NoteEnded(run_id);
	return true;
}

int
ClosePendingOf(const std::string &pipeline_id, const std::string &status, const std::string &reason)
{
	return CloseQueued(pipeline_id, status, reason, std::nullopt, false);
}

int
PausePendingOf(const std::string &pipeline_id, const std::string &reason)
{
	Execute("UPDATE sluice.pipeline_runs SET metadata = metadata || jsonb_build_object('lost_before', $2::text) WHERE "
			"id = ANY (ARRAY (SELECT q.id FROM sluice.pipeline_runs q WHERE q.pipeline_id = $1::uuid AND " SLUICE_QUEUED
			" AND q.metadata ? 'lost_before' FOR UPDATE SKIP LOCKED))",
			{pipeline_id, kOnlyLook});
	return CloseQueued(pipeline_id, "skipped", reason, std::nullopt, true);
}

int
StopPendingOf(const std::string &pipeline_id, const std::string &last_run, const std::string &reason)
{
	return CloseQueued(pipeline_id, "stopped", reason, last_run, false);
}

bool
MarkRunning(const std::string &run_id, int version)
{
	// The pipeline may have been altered or given to another owner while the run was queued. Why it waited is over,
	// that it makes up for missed due times is not.
	pg::SqlResult const rows = Execute(
		"UPDATE sluice.pipeline_runs r SET status = 'running', reason = r.metadata ->> 'missed', start_time "
		"= " SLUICE_SQL_AT(
			"$3") ", pipeline_version = $2::int, pipeline_name = COALESCE(d.name, r.pipeline_name), "
				  "owner = COALESCE(d.owner, r.owner), owner_oid = COALESCE(d.owner_oid, r.owner_oid), "
				  "source = CASE WHEN d.id IS NULL THEN r.source ELSE d.source END "
				  "FROM sluice.pipeline_runs p LEFT JOIN sluice.pipeline_definitions d ON d.id = p.pipeline_id "
				  "WHERE r.id = (SELECT q.id FROM sluice.pipeline_runs q WHERE q.id = $1::uuid AND " SLUICE_QUEUED
				  " FOR UPDATE SKIP LOCKED) AND p.id = $1::uuid",
		{run_id, Number(version), Instant(pg::Now())});
	return rows.Processed() > 0;
}

std::vector<std::string>
RunningRuns()
{
	return FirstColumn(Execute("SELECT id FROM sluice.pipeline_runs WHERE status = 'running' ORDER BY id"));
}

std::optional<std::string>
LastAttempt(const std::string &root_run)
{
	return FirstCell(
		Execute("SELECT id FROM (SELECT id, attempt FROM sluice.pipeline_runs WHERE id = $1::uuid UNION ALL "
				"SELECT id, attempt FROM sluice.pipeline_runs WHERE root_run = $1::uuid AND attempt > 1) a "
				"ORDER BY attempt DESC LIMIT 1",
				{root_run}, Reading::Latest));
}

namespace {

// Status and the transaction that wrote it. Who waits for a run whose history is deleted would wait for ever.
pg::SqlResult
LatestStatus(const std::string &root_run)
{
	// Attempts after the first carry its id as their root. A failure that is not settled may still be tried
	// again, a stop of which nobody knows whether it came too late is looked into; one snapshot must say both, or a
	// retry that is queued in between is overlooked.
	pg::SqlResult rows = Execute(
		"SELECT CASE WHEN EXISTS (SELECT FROM sluice.pipeline_ended e WHERE e.run_id = a.id AND NOT e.drawn AND "
		"(a.status = 'failed' OR a.status = 'stopped' AND (a.phase = 'committing' OR a.metadata ? 'lost_before'))) "
		"THEN 'pending' ELSE status END, xmin FROM (SELECT id, status, attempt, phase, metadata, xmin FROM "
		"sluice.pipeline_runs WHERE id = $1::uuid UNION ALL SELECT id, status, attempt, phase, metadata, xmin FROM "
		"sluice.pipeline_runs WHERE root_run = $1::uuid AND attempt > 1) a ORDER BY attempt DESC LIMIT 1",
		{root_run}, Reading::Latest);
	if (rows.Empty()) {
		throw NoSuchRun(root_run);
	}
	return rows;
}

bool
IsOver(const std::string &status)
{
	return status != "pending" && status != "running";
}

} // namespace

std::optional<std::string>
FinalStatus(const std::string &root_run)
{
	std::string status = LatestStatus(root_run).Text(0, 0);
	return IsOver(status) ? std::optional<std::string>(std::move(status)) : std::nullopt;
}

std::optional<std::string>
AwaitedStatus(const std::string &root_run)
{
	pg::SqlResult const latest = LatestStatus(root_run);
	std::string status = latest.Text(0, 0);
	if (!IsOver(status)) {
		return std::nullopt;
	}
	pg::AwaitEndOf(static_cast<TransactionId>(std::stoul(latest.Text(0, 1))));
	return status;
}

std::optional<RunFailure>
FailureOf(const std::string &root_run, Oid role)
{
	// Somebody may have queued another attempt since.
	pg::SqlResult const rows = Execute(
		"SELECT r.id, r.pipeline_name, r.status, r.reason, r.attempt, r.error_sqlstate, r.error_message, "
		"r.error_detail, r.error_hint, r.error_context, pg_has_role($2::oid, r.owner_oid, 'USAGE') FROM "
		"sluice.pipeline_runs r WHERE r.id = (SELECT a.id FROM "
		"(SELECT q.id, q.status, q.attempt FROM sluice.pipeline_runs q WHERE q.id = $1::uuid UNION ALL SELECT "
		"q.id, q.status, q.attempt FROM sluice.pipeline_runs q WHERE q.root_run = $1::uuid AND q.attempt > 1) a "
		"WHERE a.status IN ('failed', 'stopped', 'skipped') ORDER BY a.attempt DESC LIMIT 1)",
		{root_run, Number(role)}, Reading::Latest);
	if (rows.Empty()) {
		return std::nullopt;
	}
	auto text = [&rows](size_t column) { return rows.Cell(0, column).value_or(std::string()); };
	return RunFailure{text(0),			 text(1), text(2), text(3), static_cast<int>(rows.Integer(0, 4)),
					  text(5),			 text(6), text(7), text(8), text(9),
					  rows.IsTrue(0, 10)};
}

} // namespace sluice::catalog
