#include "catalog/clock_steps.hpp"

#include "catalog/statement.hpp"
#include "catalog/watched.hpp"

namespace sluice::catalog {

namespace {

constexpr int kReadAtOnce = 5000;

} // namespace

std::optional<TimestampTz>
LatestPlan()
{
	pg::SqlResult const rows =
		Execute("SELECT " SLUICE_SQL_MICROSECONDS("max(planned_at)") " FROM sluice.pipeline_due");
	return InstantCell(rows, 0, 0);
}

int
HastenWaits(TimestampTz now)
{
	std::string const at = SLUICE_SQL_AT("$1");
	pg::SqlResult const retries = Execute(
		"UPDATE sluice.pipeline_runs r SET due_at = " + at + " + (r.due_at - r.queued_at), queued_at = " + at +
			" WHERE r.id = ANY (ARRAY (SELECT q.id FROM sluice.pipeline_runs q WHERE q.status || '' = 'pending' AND "
			"q.cause = 'retry' AND q.due_at > " +
			at + " AND q.queued_at > " + at + " FOR UPDATE SKIP LOCKED))",
		{Instant(now)});
	pg::SqlResult const sources = Execute("UPDATE sluice.pipeline_sources s SET waits_until = " + at +
											  " + (s.waits_until - s.last_failure_at), last_failure_at = " + at +
											  " WHERE (s.source, s.owner_oid) IN (SELECT q.source, q.owner_oid FROM "
											  "sluice.pipeline_sources q WHERE q.waits_until > " +
											  at + " AND q.last_failure_at > " + at + " FOR UPDATE SKIP LOCKED)",
										  {Instant(now)});
	return static_cast<int>(retries.Processed() + sources.Processed());
}

ClockFacts
LookAtClock(Oid role, TimestampTz now)
{
	std::string const at = SLUICE_SQL_AT("$2");
	pg::SqlResult const rows = Execute(
		"SELECT count(*) FILTER (WHERE q.planned_at > " + at +
			"), " SLUICE_SQL_MICROSECONDS("max(q.planned_at)") ", " SLUICE_SQL_MICROSECONDS(
				"max(q.served_until)") ", COALESCE(bool_or(q.served_anew), false) FROM sluice.pipeline_due q JOIN "
									   "sluice.pipeline_definitions d ON d.id "
									   "= q.pipeline_id WHERE " SLUICE_SQL_WATCHED("d.owner_oid") " AND "
																								  "(q.planned_at > " +
			at + " OR q.served_until > " + at + ")",
		{Number(role), Instant(now)});
	return {rows.Integer(0, 0), InstantCell(rows, 0, 1), InstantCell(rows, 0, 2), rows.IsTrue(0, 3)};
}

bool
ServedInstants::Has(TimestampTz due)
{
	if (!until_ || due > *until_) {
		return false;
	}
	if (due < from_ || due > to_) {
		Read(due);
	}
	return read_.count(due) > 0;
}

void
ServedInstants::Read(TimestampTz from)
{
	// One that was skipped has had no run.
	pg::SqlResult const rows =
		Execute("SELECT " SLUICE_SQL_MICROSECONDS(
					"r.due_at") " FROM sluice.pipeline_runs r WHERE r.pipeline_id = $1::uuid AND "
								"r.cause = 'schedule' AND r.status <> 'skipped' AND r.due_at BETWEEN " SLUICE_SQL_AT(
									"$2") " AND " SLUICE_SQL_AT("$3") " ORDER BY r.due_at LIMIT $4::bigint",
				{pipeline_id_, Instant(from), Instant(until_), Number(kReadAtOnce)});
	read_.clear();
	for (size_t row = 0; row < rows.Rows(); ++row) {
		read_.insert(rows.Integer(row, 0));
	}
	from_ = from;
	to_ = read_.size() == static_cast<size_t>(kReadAtOnce) ? *read_.rbegin() : *until_;
}

} // namespace sluice::catalog
