#include "engine/source/late_rows.hpp"

#include "core/format.hpp"

namespace sluice::engine {

OpenTransactions
ReadOpenTransactions(const AskServer &ask)
{
	OpenTransactions open;
	// In a transaction of many statements the view stays as it was first seen.
	pg::SqlResult const source =
		ask("SELECT pg_is_in_recovery(), pg_has_role('pg_read_all_stats', 'USAGE'), extract(epoch FROM "
			"clock_timestamp()), pg_stat_clear_snapshot()",
			{});
	if (source.IsTrue(0, 0)) {
		open.why_not = "it is a standby, which does not see the sessions of its primary";
		return open;
	}
	if (!source.IsTrue(0, 1)) {
		open.why_not = "the role that reads it does not have the rights of pg_read_all_stats";
		return open;
	}
	// A session tells that it is active a moment before it tells since when its transaction is open. Vacuum writes no
	// rows, and its workers leave no word to wait for.
	pg::SqlResult const sessions =
		ask("SELECT count(*) FILTER (WHERE state = 'disabled'), floor(extract(epoch FROM min(COALESCE(xact_start, CASE "
			"WHEN state IN ('active', 'fastpath function call') AND backend_type = 'client backend' THEN query_start "
			"END)))) FROM pg_stat_activity WHERE datname = current_database() AND "
			"backend_type <> 'autovacuum worker'",
			{});
	if (sessions.Integer(0, 0) > 0) {
		open.why_not = "sessions there have track_activities switched off";
		return open;
	}
	// After the sessions: what was prepared in between was open there. A tenth of a second less, because a session
	// takes its time before it tells anything.
	pg::SqlResult const least = ask(
		"WITH asked AS (SELECT floor($1::float8 - 0.1) AS at), bound AS (SELECT LEAST(asked.at, $2::float8, (SELECT "
		"floor(extract(epoch FROM min(prepared)))::float8 FROM pg_prepared_xacts WHERE database = "
		"current_database())) AS at FROM asked) SELECT bound.at::int8, extract(epoch FROM (to_timestamp(bound.at) AT "
		"TIME ZONE z.reset_val) - (to_timestamp(bound.at) AT TIME ZONE 'UTC'))::int8, bound.at < asked.at FROM "
		"asked, bound, pg_settings z WHERE z.name = 'TimeZone'",
		{source.Cell(0, 2), sessions.Cell(0, 1)});
	open.since = least.Text(0, 0);
	open.shift = least.Text(0, 1);
	open.any = least.IsTrue(0, 2);
	return open;
}

std::string
LeastNow(const OpenTransactions &open, const CursorType &type)
{
	if (type.oid == TIMESTAMPTZOID) {
		return pg::Sql("SELECT to_timestamp($1::float8)::text", {open.since}, Alone()).Text(0, 0);
	}
	// Without a zone it is written in that of who writes: the source's own, the pipeline's, or UTC.
	return pg::Sql(Format("SELECT LEAST(t.at AT TIME ZONE 'UTC', t.at AT TIME ZONE 'UTC' + make_interval(secs => "
						  "$2::float8), t.at::timestamp)::{}::text FROM to_timestamp($1::float8) AS t (at)",
						  type.name),
				   {open.since, open.shift}, Alone())
		.Text(0, 0);
}

} // namespace sluice::engine
