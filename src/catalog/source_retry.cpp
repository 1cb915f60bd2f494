#include "catalog/source_retry.hpp"

#include <vector>

#include "catalog/statement.hpp"
#include "core/retry_policy.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

// The owners whose pipelines waited for it, of those that the role may act for; nothing when none is known to have
// failed.
std::optional<std::vector<std::string>>
ForgetFailures(const std::string &source, Oid role)
{
	pg::SqlResult const rows = Execute(
		"WITH known AS (SELECT s.owner_oid, s.waits_until FROM sluice.pipeline_sources s WHERE s.source = $1::name AND "
		"pg_has_role($2::oid, s.owner_oid, 'USAGE') ORDER BY s.owner_oid FOR UPDATE SKIP LOCKED), forgotten AS (UPDATE "
		"sluice.pipeline_sources s SET failures_in_a_row = 0, waits_until = NULL FROM known k WHERE s.source = "
		"$1::name "
		"AND s.owner_oid = k.owner_oid RETURNING s.owner_oid) SELECT k.owner_oid, k.waits_until IS NOT NULL FROM known "
		"k "
		"JOIN forgotten f ON f.owner_oid = k.owner_oid",
		{source, Number(role)});
	if (rows.Empty()) {
		return std::nullopt;
	}
	std::vector<std::string> owners;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		if (rows.IsTrue(row, 1)) {
			owners.push_back(rows.Text(row, 0));
		}
	}
	return owners;
}

// Queued runs whose time has come.
int
CountDue(const std::string &source, const std::vector<std::string> &owners)
{
	return static_cast<int>(
		Execute("SELECT count(*) FROM sluice.pipeline_runs r WHERE r.status = 'pending' AND r.owner_oid = "
				"ANY ($2::oid[]) AND r.source = $1::name AND NOT (r.cause = 'retry' AND r.due_at > " SLUICE_SQL_AT(
					"$3") ")",
				{source, PlainArray(owners), Instant(pg::Now())})
			.Integer(0, 0));
}

int
HastenRetries(const std::string &source, Oid role)
{
	pg::SqlResult const waiting = Execute(
		"SELECT q.id, (SELECT p.error_sqlstate FROM (SELECT r.* FROM sluice.pipeline_runs r WHERE r.id = q.root_run "
		"UNION ALL "
		"SELECT r.* FROM sluice.pipeline_runs r WHERE r.root_run = q.root_run AND r.attempt > 1) p WHERE p.attempt = "
		"q.attempt - 1) FROM sluice.pipeline_runs q WHERE q.status || '' = 'pending' AND q.cause = 'retry' AND "
		"q.due_at > " SLUICE_SQL_AT("$3") " AND q.source = $1::name AND pg_has_role($2::oid, q.owner_oid, 'USAGE')",
		{source, Number(role), Instant(pg::Now())});
	std::vector<std::string> runs;
	for (size_t row = 0; row < waiting.Rows(); ++row) {
		if (IsSourceOutage(SqlStateFromText(waiting.Cell(row, 1).value_or(std::string())))) {
			runs.push_back(waiting.Text(row, 0));
		}
	}
	if (runs.empty()) {
		return 0;
	}
	return static_cast<int>(
		Execute("UPDATE sluice.pipeline_runs r SET due_at = " SLUICE_SQL_AT(
					"$2") " WHERE r.id = ANY (ARRAY (SELECT q.id FROM sluice.pipeline_runs q WHERE q.id = ANY "
						  "($1::uuid[]) AND q.status || '' = 'pending' FOR UPDATE SKIP LOCKED))",
				{PlainArray(runs), Instant(pg::Now())})
			.Processed());
}

} // namespace

std::optional<int>
RetrySource(const std::string &source, Oid role)
{
	std::optional<std::vector<std::string>> const owners = ForgetFailures(source, role);
	int const due = owners ? CountDue(source, *owners) : 0;
	int const hastened = HastenRetries(source, role);
	return owners || hastened > 0 ? std::optional<int>(due + hastened) : std::nullopt;
}

} // namespace sluice::catalog
