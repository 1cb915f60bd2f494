// The scheduler's queue, and what a pipeline's runs left behind. No statement here waits for a lock.

#include "catalog/pipeline_store.hpp"
#include "catalog/statement.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

std::vector<DuePipeline>
LockDue(TimestampTz now, int limit)
{
	pg::SqlResult const rows =
		Execute("SELECT pipeline_id, " SLUICE_SQL_MICROSECONDS("next_due") ", " SLUICE_SQL_MICROSECONDS(
					"served_until") " FROM sluice.pipeline_due "
									"WHERE next_due <= " SLUICE_SQL_AT(
										"$1") " ORDER BY next_due LIMIT $2::bigint FOR UPDATE SKIP LOCKED",
				{Instant(now), Number(limit)});
	std::vector<DuePipeline> due;
	due.reserve(rows.Rows());
	for (size_t row = 0; row < rows.Rows(); ++row) {
		due.push_back({rows.Text(row, 0), rows.Integer(row, 1), InstantCell(rows, row, 2)});
	}
	return due;
}

void
SetNextDue(const std::string &id, std::optional<TimestampTz> next_due)
{
	Execute("UPDATE sluice.pipeline_due d SET next_due = " SLUICE_SQL_AT("$2") ", " SLUICE_SQL_PLANNED(
				"$3") " WHERE d.pipeline_id = "
					  "(SELECT q.pipeline_id FROM sluice.pipeline_due q WHERE q.pipeline_id = $1::uuid FOR UPDATE SKIP "
					  "LOCKED)",
			{id, Instant(next_due), Instant(pg::Now())});
}

std::optional<TimestampTz>
NextDueOf(const std::string &id)
{
	pg::SqlResult const rows = Execute("SELECT " SLUICE_SQL_MICROSECONDS("next_due") " FROM sluice.pipeline_due "
																					 "WHERE pipeline_id = $1::uuid",
									   {id});
	return rows.Empty() ? std::nullopt : InstantCell(rows, 0, 0);
}

Oid
CreatedRelation(const std::string &id)
{
	pg::SqlResult const rows =
		Execute("SELECT created_relation FROM sluice.pipeline_state WHERE pipeline_id = $1::uuid", {id});
	return rows.Empty() ? InvalidOid : static_cast<Oid>(rows.Integer(0, 0, InvalidOid));
}

void
RememberCreatedRelation(const std::string &id, Oid relation)
{
	Execute("INSERT INTO sluice.pipeline_state (pipeline_id, created_relation) VALUES ($1::uuid, $2::oid) "
			"ON CONFLICT (pipeline_id) DO UPDATE SET created_relation = EXCLUDED.created_relation",
			{id, Number(relation)});
}

} // namespace sluice::catalog
