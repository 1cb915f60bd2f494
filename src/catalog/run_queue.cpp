#include "catalog/run_queue.hpp"

#include "catalog/statement.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

QueuedRuns
FindQueued(const std::string &pipeline_id, const std::optional<std::string> &up_to)
{
	pg::SqlResult const rows = Execute(
		"SELECT p.id, p.xmin FROM (SELECT q.id, q.xmin FROM sluice.pipeline_runs q WHERE q.pipeline_id = $1::uuid AND "
		"q.status IN ('pending', 'running') AND q.status || '' = 'pending' AND ($2 IS NULL OR q.id <= $2::uuid) "
		"OFFSET 0) p ORDER BY p.id",
		{pipeline_id, up_to}, Reading::Latest);
	QueuedRuns queued;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		if (pg::Call(TransactionIdIsCurrentTransactionId, static_cast<TransactionId>(rows.Integer(row, 1)))) {
			queued.own.push_back(rows.Text(row, 0));
		} else {
			++queued.others;
			queued.last = rows.Text(row, 0);
		}
	}
	return queued;
}

std::string
AccessKey(const std::string &source, Oid owner)
{
	return Format("{}/{}", owner, source);
}

std::vector<Oid>
OwnersWaiting(const NotNow &not_now)
{
	pg::SqlResult const rows = Execute(
		"WITH RECURSIVE waiting (owner_oid) AS ((SELECT r.owner_oid FROM sluice.pipeline_runs r WHERE "
		"r.status = 'pending' ORDER BY r.owner_oid LIMIT 1) UNION ALL SELECT (SELECT r.owner_oid FROM "
		"sluice.pipeline_runs r WHERE r.status = 'pending' AND r.owner_oid > w.owner_oid ORDER BY r.owner_oid LIMIT 1) "
		"FROM waiting w WHERE w.owner_oid IS NOT NULL) "
		"SELECT w.owner_oid FROM waiting w WHERE w.owner_oid IS NOT NULL AND w.owner_oid <> ALL ($1::oid[])",
		{PlainArray(not_now.owners)});
	std::vector<Oid> owners;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		owners.push_back(static_cast<Oid>(rows.Integer(row, 0)));
	}
	return owners;
}

std::vector<RunRow>
PendingRuns(const std::vector<Oid> &of, const NotNow &not_now, int limit)
{
	std::vector<pg::SqlValue> const sources(not_now.sources.begin(), not_now.sources.end());
	std::vector<pg::SqlValue> const accesses(not_now.accesses.begin(), not_now.accesses.end());
	std::vector<std::string> owners;
	for (Oid const owner : of) {
		owners.push_back(std::to_string(owner));
	}
	pg::SqlResult const rows =
		Execute("SELECT " SLUICE_RUN_COLUMNS "FROM unnest($3::oid[]) o (owner_oid) CROSS JOIN LATERAL (SELECT q.*, "
				"q.xmin FROM sluice.pipeline_runs q WHERE q.status = 'pending' AND q.owner_oid = o.owner_oid "
				"AND NOT (q.if_running = 'queue' AND q.pipeline_id = ANY ($1::uuid[])) "
				"AND (q.source IS NULL OR (q.source <> ALL ($4::name[]) AND "
				"q.owner_oid || '/' || q.source <> ALL ($6::text[]))) "
				"AND NOT (q.cause = 'retry' AND q.due_at > " SLUICE_SQL_AT(
					"$5") ") ORDER BY q.priority DESC, COALESCE(q.due_at, q.queued_at), q.id LIMIT $2::bigint) r",
				{PlainArray(not_now.pipelines), Number(limit), PlainArray(owners), TextArray(sources),
				 Instant(pg::Now()), TextArray(accesses)});
	std::vector<RunRow> runs;
	runs.reserve(rows.Rows());
	for (size_t row = 0; row < rows.Rows(); ++row) {
		runs.push_back(ReadRun(rows, row));
	}
	return runs;
}

WorkAhead
LookAhead(TimestampTz retries_after)
{
	pg::SqlResult const rows = Execute(
		"SELECT (SELECT " SLUICE_SQL_MICROSECONDS(
			"d.next_due") " FROM sluice.pipeline_due d WHERE d.next_due IS NOT NULL ORDER BY d.next_due LIMIT "
						  "1), (SELECT " SLUICE_SQL_MICROSECONDS(
							  "r.due_at") " FROM sluice.pipeline_runs r WHERE r.status || '' = 'pending' AND r.cause "
										  "= 'retry' AND r.due_at > " SLUICE_SQL_AT(
											  "$1") " ORDER BY r.due_at LIMIT 1), EXISTS (SELECT FROM "
													"sluice.pipeline_runs q WHERE q.status = 'pending' AND NOT "
													"(q.cause = 'retry' AND q.due_at > " SLUICE_SQL_AT(
														"$2") ")), EXISTS (SELECT FROM sluice.pipeline_ended)",
		{Instant(retries_after), Instant(pg::Now())});
	return {InstantCell(rows, 0, 0), InstantCell(rows, 0, 1), rows.IsTrue(0, 2), rows.IsTrue(0, 3)};
}

std::pair<Oid, Oid>
OwnersAtEnds()
{
	// Both ends of one index.
	pg::SqlResult const rows =
		Execute("SELECT min(owner_oid), max(owner_oid) FROM sluice.pipeline_definitions WHERE owner_oid <> 0");
	return {static_cast<Oid>(rows.Integer(0, 0)), static_cast<Oid>(rows.Integer(0, 1))};
}

std::string
SingleRunHolder::Describe() const
{
	if (pid == 0) {
		return "pg_sluice.single_run is on and a prepared transaction with a CALL run_pipeline is not over";
	}
	int const limit = pg::Settings::single_run_limit;
	return Format("pg_sluice.single_run is on and the transaction of a CALL run_pipeline is open in the session with "
				  "PID {}, {} (pg_sluice.single_run_limit)",
				  pid, limit == 0 ? "without a limit" : Format("for at most {} s", limit));
}

std::optional<SingleRunHolder>
FindSingleRunHolder()
{
	// The lock of run_locks; our workers end by themselves.
	pg::SqlResult const rows =
		Execute("SELECT coalesce(l.pid, 0), $1::bigint > 0 AND coalesce(a.xact_start <= clock_timestamp() - "
				"$1::bigint * interval '1 second', false), coalesce(" SLUICE_SQL_MICROSECONDS(
					"a.xact_start") ", 0) FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
									"WHERE l.locktype = 'advisory' AND l.database = (SELECT d.oid FROM pg_database d "
									"WHERE d.datname = "
									"current_database()) AND l.classid = 0 AND l.objid = 0 AND l.objsubid = 32 AND "
									"l.granted AND l.pid IS DISTINCT FROM pg_backend_pid() AND NOT "
									"starts_with(coalesce(a.backend_type, ''), 'pg_sluice') ORDER BY a.xact_start "
									"NULLS LAST LIMIT 1",
				{Number(pg::Settings::single_run_limit)}, Reading::Latest);
	if (rows.Empty()) {
		return std::nullopt;
	}
	return SingleRunHolder{static_cast<int>(rows.Integer(0, 0)), rows.Integer(0, 2), rows.IsTrue(0, 1)};
}

void
EndSession(int pid)
{
	Execute("SELECT pg_terminate_backend($1::int)", {Number(pid)});
}

} // namespace sluice::catalog
