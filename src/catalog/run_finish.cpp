// What a run commits about itself: its counters chunk by chunk, and its end with what that means for the pipeline.

#include "catalog/reject_store.hpp"
#include "catalog/run_log.hpp"
#include "catalog/run_outcome.hpp"
#include "catalog/run_store.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

pg::SqlValue
CutIfAny(const std::string &text)
{
	return IfAny(CutMessage(text));
}

// What every commit of a run says in its row: how far it came.
#define SLUICE_SQL_HOW_FAR                                                                                             \
	"phase = COALESCE($2, phase), records_read = GREATEST(records_read, $3::bigint), "                                 \
	"records_processed = GREATEST(records_processed, $4::bigint), "                                                    \
	"records_failed = GREATEST(records_failed, $5::bigint), bytes_processed = GREATEST(bytes_processed, $6::bigint), " \
	"batches = GREATEST(batches, $7::bigint), watermark_before = CASE WHEN watermark_after IS NULL THEN COALESCE($8, " \
	"watermark_before) ELSE watermark_before END, "                                                                    \
	"watermark_after = COALESCE($9, watermark_after), "                                                                \
	"records_inserted = GREATEST(records_inserted, $10::bigint), "                                                     \
	"records_updated = GREATEST(records_updated, $11::bigint), "                                                       \
	"records_deleted = GREATEST(records_deleted, $12::bigint), "                                                       \
	"records_unchanged = GREATEST(records_unchanged, $13::bigint), "                                                   \
	"records_duplicate = GREATEST(records_duplicate, $14::bigint), "                                                   \
	"records_filtered = GREATEST(records_filtered, $15::bigint)"

// $1 to $15.
std::vector<pg::SqlValue>
HowFar(const std::string &run_id, const RunCounters &counters, const RunJournal &journal)
{
	return {run_id,
			IfAny(PhaseName(journal.Phase())),
			Number(counters.records_read),
			Number(counters.records_processed),
			Number(counters.records_failed),
			Number(counters.bytes_processed),
			Number(counters.batches),
			counters.watermark_before,
			counters.watermark_after,
			Number(counters.records_inserted),
			Number(counters.records_updated),
			Number(counters.records_deleted),
			Number(counters.records_unchanged),
			Number(counters.records_duplicate),
			Number(counters.records_filtered)};
}

std::optional<LoggedRun>
ReadLogged(const pg::SqlResult &rows)
{
	return rows.Empty() ? std::nullopt : std::optional(LoggedRun{rows.Text(0, 0), rows.Text(0, 1)});
}

// Writes the end into the row when its status is among those, and notes it for the scheduler; nothing when it is not,
// or when the row is locked by somebody who is deleting it.
std::optional<LoggedRun>
WriteEnd(const std::string &run_id, const char *statuses, const std::string &status,
		 const std::optional<std::string> &reason, const std::optional<ErrorInfo> &error, const RunCounters &counters,
		 const RunJournal &journal)
{
	ErrorInfo const none{};
	ErrorInfo const &info = error ? *error : none;
	std::vector<pg::SqlValue> values = HowFar(run_id, counters, journal);
	values.insert(values.end(),
				  {statuses, status, CutIfSet(reason), Instant(pg::Now()), CutIfAny(info.message),
				   error ? pg::SqlValue(SqlStateText(info.sqlstate)) : std::nullopt, CutIfAny(info.detail),
				   CutIfAny(info.hint), CutIfAny(info.context), pg::IsPreloaded() ? "true" : "false"});
	return ReadLogged(Execute(
		"WITH ended AS (UPDATE sluice.pipeline_runs r SET " SLUICE_SQL_HOW_FAR
		", status = $17, reason = COALESCE($18, r.metadata ->> 'missed'), end_time = " SLUICE_SQL_AT(
			"$19") ", error_message = $20, error_sqlstate = $21, error_detail = $22, error_hint = $23, "
				   "error_context = $24, error_phase = CASE WHEN $20 IS NOT NULL THEN $2 END "
				   "WHERE r.id = (SELECT q.id FROM sluice.pipeline_runs q WHERE q.id = $1::uuid AND q.status = ANY "
				   "($16::text[]) FOR UPDATE SKIP LOCKED) RETURNING r.id, r.batch, r.pipeline_id, r.owner_oid), "
				   "noted AS (INSERT INTO sluice.pipeline_ended (run_id, batch, pipeline_id) SELECT e.id, e.batch, "
				   "e.pipeline_id FROM ended e WHERE $25::boolean ON CONFLICT DO NOTHING) "
				   "SELECT e.pipeline_id, e.owner_oid FROM ended e",
		values));
}

void
RememberWatermark(const std::string &pipeline_id, const RunCounters &counters)
{
	if (counters.watermark_move) {
		pg::SqlResult const moved = Execute(
			"INSERT INTO sluice.pipeline_state AS s (pipeline_id, watermark, watermark_rows) VALUES ($1::uuid, $2, "
			"$3::jsonb) ON CONFLICT (pipeline_id) DO UPDATE SET watermark = EXCLUDED.watermark, watermark_rows = "
			"EXCLUDED.watermark_rows WHERE s.watermark IS NOT DISTINCT FROM $4::text",
			{pipeline_id, counters.watermark_after, counters.watermark_move->rows, counters.watermark_before});
		if (moved.Processed() == 0) {
			throw Error(sqlstate::kObjectNotInPrerequisiteState, "the watermark was set while the run was reading",
						"Nothing was loaded. Run the pipeline again: it begins at the new one.");
		}
	} else if (counters.watermark_after && !counters.by_cursor) {
		Execute("INSERT INTO sluice.pipeline_state (pipeline_id, watermark) VALUES ($1::uuid, $2) ON CONFLICT "
				"(pipeline_id) DO UPDATE SET watermark = EXCLUDED.watermark",
				{pipeline_id, counters.watermark_after});
	}
}

bool
End(const std::string &run_id, const char *statuses, const std::string &status,
	const std::optional<std::string> &reason, const std::optional<ErrorInfo> &error, const RunCounters &counters,
	const RunJournal &journal)
{
	std::optional<LoggedRun> const run = WriteEnd(run_id, statuses, status, reason, error, counters, journal);
	if (!run) {
		return false;
	}
	WriteLog(run_id, *run, journal);
	bool const success = status == "success";
	WriteRejects(run->pipeline_id, run_id, success ? journal.Rejected().Unwritten() : journal.Rejected().First(),
				 !success);
	if (success) {
		RememberWatermark(run->pipeline_id, counters);
	}
	RecordLastRun(run->pipeline_id, success);
	return true;
}

} // namespace

void
RecordLastRun(const std::string &pipeline_id, bool success)
{
	pg::SqlValue const now = Instant(pg::Now());
	pg::SqlValue const succeeded = success ? "true" : "false";
	pg::SqlResult const updated = Execute(
		"UPDATE sluice.pipeline_state SET last_run_at = " SLUICE_SQL_AT(
			"$2") ", last_success_at = CASE WHEN $3::boolean THEN " SLUICE_SQL_AT("$2") " ELSE last_success_at END, "
																						"failures_in_a_row = "
																						"CASE WHEN $3::boolean THEN 0 "
																						"ELSE failures_in_a_row END "
																						"WHERE pipeline_id = "
																						"(SELECT s.pipeline_id FROM "
																						"sluice.pipeline_state s WHERE "
																						"s.pipeline_id = $1::uuid FOR "
																						"UPDATE "
																						"SKIP LOCKED)",
		{pipeline_id, now, succeeded});
	if (updated.Processed() > 0) {
		return;
	}
	// A copy restored from a dump has definitions only.
	Execute("INSERT INTO sluice.pipeline_state (pipeline_id, last_run_at, last_success_at) "
			"SELECT $1::uuid, " SLUICE_SQL_AT("$2") ", CASE WHEN $3::boolean THEN " SLUICE_SQL_AT(
				"$2") " END WHERE NOT EXISTS (SELECT FROM sluice.pipeline_state WHERE pipeline_id = $1::uuid) "
					  "AND EXISTS (SELECT FROM sluice.pipeline_definitions WHERE id = $1::uuid) ON CONFLICT DO NOTHING",
			{pipeline_id, now, succeeded});
}

bool
FinishRun(const std::string &run_id, const std::string &status, const std::optional<std::string> &reason,
		  const std::optional<ErrorInfo> &error, const RunCounters &counters, const RunJournal &journal)
{
	return End(run_id, "{pending,running}", status, reason, error, counters, journal);
}

bool
RecordChunk(const std::string &run_id, const RunCounters &counters, const RunJournal &journal)
{
	std::optional<LoggedRun> const run = ReadLogged(Execute(
		"UPDATE sluice.pipeline_runs r SET " SLUICE_SQL_HOW_FAR
		" WHERE r.id = (SELECT q.id FROM sluice.pipeline_runs q WHERE q.id = $1::uuid AND q.status || '' = 'running' "
		"FOR UPDATE SKIP LOCKED) RETURNING r.pipeline_id, r.owner_oid",
		HowFar(run_id, counters, journal)));
	if (!run) {
		return false;
	}
	WriteLog(run_id, *run, journal);
	WriteRejects(run->pipeline_id, run_id, journal.Rejected().Unwritten(), false);
	PruneLog(run_id);
	RememberWatermark(run->pipeline_id, counters);
	return true;
}

bool
HasCommittedChunk(const std::string &root_run)
{
	return !Execute("SELECT FROM sluice.pipeline_runs r WHERE r.root_run = $1::uuid AND r.watermark_after IS NOT NULL "
					"LIMIT 1",
					{root_run})
				.Empty();
}

std::optional<std::string>
Watermark(const std::string &pipeline_id)
{
	pg::SqlResult const rows =
		Execute("SELECT s.watermark FROM sluice.pipeline_state s WHERE s.pipeline_id = $1::uuid", {pipeline_id});
	return rows.Empty() ? std::nullopt : rows.Cell(0, 0);
}

void
ForgetWatermark(const std::string &pipeline_id)
{
	Execute("UPDATE sluice.pipeline_state SET watermark = NULL, watermark_rows = NULL WHERE pipeline_id = $1::uuid AND "
			"(watermark IS NOT NULL OR watermark_rows IS NOT NULL)",
			{pipeline_id});
}

std::string
HintOnLost(const std::string &run_id)
{
	pg::SqlResult const run =
		Execute("SELECT d.destination IS NOT NULL, r.watermark_after IS NOT NULL, d.command IS NOT NULL "
				"FROM sluice.pipeline_runs r LEFT JOIN sluice.pipeline_definitions d ON d.id = r.pipeline_id WHERE "
				"r.id = $1::uuid",
				{run_id});
	if (!run.Empty() && run.IsTrue(0, 0)) {
		return "Its rows may be at the destination server: another attempt looks it up there.";
	}
	if (!run.Empty() && run.IsTrue(0, 1)) {
		return "What it had committed stays: the next run goes on behind it.";
	}
	if (!run.Empty() && run.IsTrue(0, 2)) {
		return "What its statements had committed, where they are not one transaction, stays: another run begins with "
			   "the first of them.";
	}
	return "Nothing of this run was loaded: trigger the pipeline again, or wait for its next due time.";
}

bool
MarkLost(const std::string &run_id, const std::string &reason)
{
	ErrorInfo error;
	error.sqlstate = sqlstate::kWorkerLost;
	error.message = reason;
	error.hint = HintOnLost(run_id) + " The server's log may tell why its process ended.";
	RunJournal journal(pg::Now);
	journal.Failure(WholeText(error));
	return End(run_id, "{running}", "failed", std::nullopt, error, RunCounters{}, journal);
}

} // namespace sluice::catalog
