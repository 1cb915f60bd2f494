// The scheduler's queue, and what a pipeline's runs left behind. No statement here waits for a lock.

#include "catalog/pipeline_store.hpp"
#include "catalog/statement.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

#define SLUICE_CLOCK_MEMORY                                                                                            \
	SLUICE_SQL_MICROSECONDS("planned_at") ", " SLUICE_SQL_MICROSECONDS("served_until") ", served_anew"

std::vector<DuePipeline>
ReadDue(const pg::SqlResult &rows)
{
	std::vector<DuePipeline> due;
	due.reserve(rows.Rows());
	for (size_t row = 0; row < rows.Rows(); ++row) {
		due.push_back({rows.Text(row, 0),
					   rows.Integer(row, 1),
					   {InstantCell(rows, row, 2), InstantCell(rows, row, 3), rows.IsTrue(row, 4)}});
	}
	return due;
}

} // namespace

std::vector<DuePipeline>
LockDue(TimestampTz now, int limit)
{
	return ReadDue(Execute("SELECT pipeline_id, " SLUICE_SQL_MICROSECONDS(
							   "next_due") ", " SLUICE_CLOCK_MEMORY " FROM sluice.pipeline_due WHERE next_due "
										   "<= " SLUICE_SQL_AT("$1") " ORDER BY next_due LIMIT $2::bigint FOR "
																	 "UPDATE SKIP LOCKED",
						   {Instant(now), Number(limit)}));
}

std::vector<DuePipeline>
LockPlannedLater(TimestampTz now, int limit)
{
	return ReadDue(
		Execute("SELECT pipeline_id, " SLUICE_SQL_MICROSECONDS(
					"COALESCE(next_due, planned_at)") ", " SLUICE_CLOCK_MEMORY
													  " FROM sluice.pipeline_due WHERE planned_at > " SLUICE_SQL_AT(
														  "$1") " LIMIT $2::bigint "
																"FOR UPDATE SKIP "
																"LOCKED",
				{Instant(now), Number(limit)}));
}

void
WriteNextDue(const std::string &id, std::optional<TimestampTz> next_due)
{
	TimestampTz const now = pg::Now();
	std::vector<DuePipeline> const before =
		ReadDue(Execute("SELECT pipeline_id, 0, " SLUICE_CLOCK_MEMORY " FROM sluice.pipeline_due WHERE pipeline_id = "
						"$1::uuid FOR UPDATE",
						{id}));
	ClockMemory const memory = PlannedAt(before.empty() ? ClockMemory{} : before.front().memory, now);
	Execute(
		"INSERT INTO sluice.pipeline_due AS d (pipeline_id, next_due, planned_at) VALUES ($1::uuid, " SLUICE_SQL_AT(
			"$2") ", " SLUICE_SQL_AT("$3") ") ON CONFLICT (pipeline_id) DO UPDATE SET next_due = EXCLUDED.next_due, "
										   "planned_at = EXCLUDED.planned_at, served_until = " SLUICE_SQL_AT(
											   "$4") ", served_anew = $5::boolean",
		{id, Instant(next_due), Instant(memory.planned_at), Instant(memory.served_until),
		 memory.anew ? "true" : "false"});
}

void
SetNextDue(const std::string &id, std::optional<TimestampTz> next_due, const ClockMemory &memory)
{
	Execute("UPDATE sluice.pipeline_due d SET next_due = " SLUICE_SQL_AT("$2") ", planned_at = " SLUICE_SQL_AT(
				"$3") ", served_until = " SLUICE_SQL_AT("$4") ", served_anew = $5::boolean WHERE d.pipeline_id = "
															  "(SELECT q.pipeline_id FROM sluice.pipeline_due q WHERE "
															  "q.pipeline_id = $1::uuid FOR UPDATE SKIP "
															  "LOCKED)",
			{id, Instant(next_due), Instant(memory.planned_at), Instant(memory.served_until),
			 memory.anew ? "true" : "false"});
}

void
ClearNextDue(const std::string &id)
{
	Execute("UPDATE sluice.pipeline_due d SET next_due = NULL WHERE d.pipeline_id = (SELECT q.pipeline_id FROM "
			"sluice.pipeline_due q WHERE q.pipeline_id = $1::uuid FOR UPDATE SKIP LOCKED)",
			{id});
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
