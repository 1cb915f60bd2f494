// The end of a run: its row, its log, and what it means for the pipeline.

#include "catalog/run_outcome.hpp"
#include "catalog/run_store.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

pg::SqlValue
IfAny(const std::string &text)
{
	return text.empty() ? std::nullopt : pg::SqlValue(text);
}

pg::SqlValue
CutIfAny(const std::string &text)
{
	return IfAny(CutMessage(text));
}

struct EndedRun {
	std::string pipeline_id;
	std::string owner_oid;
};

// Writes the end into the row when its status is among those, and notes it for the scheduler; nothing when it is not,
// or when the row is locked by somebody who is deleting it.
std::optional<EndedRun>
WriteEnd(const std::string &run_id, const char *statuses, const std::string &status,
		 const std::optional<std::string> &reason, const std::optional<ErrorInfo> &error, const RunCounters &counters,
		 const RunJournal &journal)
{
	ErrorInfo const none{};
	ErrorInfo const &info = error ? *error : none;
	pg::SqlValue const leaves_note = pg::IsPreloaded() ? "true" : "false";
	pg::SqlResult const rows = Execute(
		"WITH ended AS (UPDATE sluice.pipeline_runs r SET status = $2, reason = COALESCE($3, r.metadata ->> 'missed'), "
		"end_time "
		"= " SLUICE_SQL_AT(
			"$4") ", phase = COALESCE($5, phase), records_read = GREATEST(records_read, $6::bigint), "
				  "records_processed = GREATEST(records_processed, $7::bigint), "
				  "records_failed = GREATEST(records_failed, $8::bigint), "
				  "bytes_processed = GREATEST(bytes_processed, $9::bigint), batches = GREATEST(batches, $10::bigint), "
				  "error_message = $11, error_sqlstate = $12, error_detail = $13, error_hint = $14, error_context = "
				  "$15, "
				  "error_phase = CASE WHEN $11 IS NOT NULL THEN $5 END "
				  "WHERE r.id = (SELECT q.id FROM sluice.pipeline_runs q WHERE q.id = $1::uuid AND q.status = ANY "
				  "($16::text[]) "
				  "FOR UPDATE SKIP LOCKED) RETURNING r.id, r.batch, r.pipeline_id, r.owner_oid), "
				  "noted AS (INSERT INTO sluice.pipeline_ended (run_id, batch, pipeline_id) SELECT e.id, e.batch, "
				  "e.pipeline_id FROM ended e WHERE $17::boolean ON CONFLICT DO NOTHING) "
				  "SELECT e.pipeline_id, e.owner_oid FROM ended e",
		{run_id, status, CutIfSet(reason), Instant(pg::Now()), IfAny(journal.Phase()), Number(counters.records_read),
		 Number(counters.records_processed), Number(counters.records_failed), Number(counters.bytes_processed),
		 Number(counters.batches), CutIfAny(info.message),
		 error ? pg::SqlValue(SqlStateText(info.sqlstate)) : std::nullopt, CutIfAny(info.detail), CutIfAny(info.hint),
		 CutIfAny(info.context), statuses, leaves_note});
	if (rows.Empty()) {
		return std::nullopt;
	}
	return EndedRun{rows.Text(0, 0), rows.Text(0, 1)};
}

void
WriteLog(const std::string &run_id, const EndedRun &run, const RunJournal &journal)
{
	std::vector<std::string> at;
	std::vector<pg::SqlValue> levels;
	std::vector<pg::SqlValue> phases;
	std::vector<pg::SqlValue> messages;
	std::vector<pg::SqlValue> data;
	for (const JournalLine &line : journal.Lines()) {
		at.push_back(std::to_string(line.at));
		levels.emplace_back(line.level);
		phases.push_back(IfAny(line.phase));
		messages.emplace_back(line.message);
		data.push_back(IfAny(line.data));
	}
	if (journal.Dropped() > 0) {
		at.push_back(std::to_string(pg::Now()));
		levels.emplace_back("warning");
		phases.push_back(IfAny(journal.Phase()));
		messages.emplace_back(Format("{} more lines did not fit into the log", journal.Dropped()));
		data.emplace_back(std::nullopt);
	}
	if (at.empty()) {
		return;
	}
	Execute(
		"INSERT INTO sluice.pipeline_run_log (run_id, line, pipeline_id, owner_oid, at, level, phase, message, data) "
		"SELECT $1::uuid, l.line, $2::uuid, $3::oid, " SLUICE_SQL_AT(
			"l.at") ", l.level, l.phase, l.message, "
					"l.data::jsonb FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) "
					"WITH ORDINALITY l (at, level, phase, message, data, line)",
		{run_id, run.pipeline_id, run.owner_oid, PlainArray(at), TextArray(levels), TextArray(phases),
		 TextArray(messages), TextArray(data)});
}

bool
End(const std::string &run_id, const char *statuses, const std::string &status,
	const std::optional<std::string> &reason, const std::optional<ErrorInfo> &error, const RunCounters &counters,
	const RunJournal &journal)
{
	std::optional<EndedRun> const run = WriteEnd(run_id, statuses, status, reason, error, counters, journal);
	if (!run) {
		return false;
	}
	WriteLog(run_id, *run, journal);
	RecordLastRun(run->pipeline_id, status == "success");
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

std::string
HintOnLost(const std::string &run_id)
{
	bool const elsewhere = !Execute("SELECT 1 FROM sluice.pipeline_runs r JOIN sluice.pipeline_definitions d ON d.id = "
									"r.pipeline_id WHERE r.id = $1::uuid AND d.destination IS NOT NULL",
									{run_id})
								.Empty();
	return elsewhere ? "Its rows may be at the destination server: another attempt looks it up there."
					 : "Nothing of this run was loaded: trigger the pipeline again, or wait for its next due time.";
}

bool
MarkLost(const std::string &run_id, const std::string &reason)
{
	ErrorInfo error;
	error.sqlstate = sqlstate::kWorkerLost;
	error.message = reason;
	error.hint = HintOnLost(run_id) + " The server's log may tell why its process ended.";
	RunJournal journal(pg::Now);
	journal.Failure(reason);
	return End(run_id, "{running}", "failed", std::nullopt, error, RunCounters{}, journal);
}

} // namespace sluice::catalog
