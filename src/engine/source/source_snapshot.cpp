#include "engine/source/source_snapshot.hpp"

#include "core/format.hpp"
#include "engine/source/cursor_range.hpp"

namespace sluice::engine {

SourceSnapshot
ReadSourceSnapshot(const AskServer &ask, const TryToAsk &try_to, const std::string &table)
{
	SourceSnapshot snapshot;
	if (table.empty()) {
		snapshot.why_not = "a query has no xmin";
		return snapshot;
	}
	pg::SqlResult const other = ask(
		"WITH RECURSIVE tree AS (SELECT $1::pg_catalog.oid AS oid UNION SELECT i.inhrelid FROM tree AS t JOIN "
		"pg_catalog.pg_inherits AS i ON i.inhparent OPERATOR(pg_catalog.=) t.oid) SELECT pg_catalog.format('%I.%I', "
		"n.nspname, c.relname) FROM tree AS t JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) t.oid "
		"JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace LEFT JOIN pg_catalog.pg_am "
		"AS a ON a.oid OPERATOR(pg_catalog.=) c.relam WHERE c.relkind OPERATOR(pg_catalog.<>) ALL "
		"('{r,p}'::pg_catalog.\"char\"[]) OR a.amname OPERATOR(pg_catalog.<>) 'heap' LIMIT 1",
		{table});
	if (!other.Empty()) {
		snapshot.why_not = Format("{} is no plain table", other.Text(0, 0));
		return snapshot;
	}
	// The names of all versions.
	pg::SqlResult const now = ask("SELECT pg_catalog.txid_snapshot_xmin(s), pg_catalog.txid_snapshot_xmax(s) FROM "
								  "pg_catalog.txid_current_snapshot() AS s",
								  {});
	snapshot.xmin = now.Integer(0, 0);
	snapshot.xmax = now.Integer(0, 1);
	try_to([&] {
		snapshot.cluster = ask("SELECT pg_catalog.concat(s.system_identifier, ':', c.timeline_id) FROM "
							   "pg_catalog.pg_control_system() AS s, pg_catalog.pg_control_checkpoint() AS c",
							   {})
							   .Text(0, 0);
	});
	return snapshot;
}

std::optional<SourceSnapshot>
StoredSnapshot(const std::string &json)
{
	pg::SqlResult const stored = pg::Sql("SELECT $1::jsonb ->> 'xmin', $1::jsonb ->> 'cluster'", {json}, Alone());
	if (!stored.Cell(0, 0)) {
		return std::nullopt;
	}
	SourceSnapshot snapshot;
	snapshot.xmin = stored.Integer(0, 0);
	snapshot.cluster = stored.Text(0, 1);
	return snapshot;
}

std::string
StoreSnapshot(const std::optional<std::string> &json, const SourceSnapshot &snapshot)
{
	return pg::Sql("SELECT coalesce($1::jsonb, '{}') || jsonb_build_object('xmin', $2::text, 'cluster', $3::text)",
				   {json, Format("{}", snapshot.xmin), snapshot.cluster}, Alone())
		.Text(0, 0);
}

std::string
SinceSnapshot(const SourceSnapshot &snapshot)
{
	// Of an xmin that is older than age() can tell it is negative: such a row is read again for nothing.
	return Format("pg_catalog.age(source.xmin) OPERATOR(pg_catalog.<=) pg_catalog.age('{}'::pg_catalog.xid)",
				  static_cast<uint32_t>(snapshot.xmin));
}

} // namespace sluice::engine
