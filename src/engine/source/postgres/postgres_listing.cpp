#include "engine/source/postgres/postgres_listing.hpp"

#include "engine/source/cursor_range.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

namespace {

// Along the remote user's own search_path, which others may write to: no operator is looked up in it. What an extension
// made, and what another table holds as well, is not meant by a wildcard.
constexpr const char *kTables =
	"SELECT n.nspname, c.relname, c.oid, "
	"c.relkind OPERATOR(pg_catalog.<>) ALL ('{r,p}'::pg_catalog.\"char\"[]) "
	"OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid) "
	"OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid OPERATOR(pg_catalog.=) "
	"'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) c.oid "
	"AND d.deptype OPERATOR(pg_catalog.=) 'e'), "
	"pg_catalog.pg_table_is_visible(c.oid), "
	"pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
	"WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[]) "
	"AND c.relpersistence OPERATOR(pg_catalog.<>) 't' "
	"AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema' "
	"AND pg_catalog.left(n.nspname::pg_catalog.text, 3) OPERATOR(pg_catalog.<>) 'pg_' "
	"ORDER BY n.nspname, c.relname LIMIT ";

// A primary key of a table with children says nothing of theirs, unless they are its partitions. indnkeyatts is read as
// JSON, because older servers lack it. A domain is what it is based on.
constexpr const char *kColumns =
	"SELECT a.attname, a.attnotnull, CASE WHEN t.typbasetype = 0 THEN a.atttypid ELSE t.typbasetype END, k.place "
	"FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
	"JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN (SELECT p.number, p.place FROM pg_catalog.pg_index x "
	"CROSS JOIN LATERAL pg_catalog.unnest(x.indkey::pg_catalog.int2[]) WITH ORDINALITY p (number, place) "
	"WHERE x.indrelid = $1::pg_catalog.oid AND x.indisprimary AND x.indisvalid AND p.place <= "
	"COALESCE((pg_catalog.to_jsonb(x) ->> 'indnkeyatts')::pg_catalog.int4, x.indnatts)) k "
	"ON k.number = a.attnum AND (c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i "
	"WHERE i.inhparent = c.oid)) "
	"WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY k.place, a.attnum";

class PostgresListing final : public TableListing {
public:
	PostgresListing(const ForeignServer &server, const OptionValues &options)
		: remote_(server, {pg::TimeoutsOf(options), static_cast<int>(options.Integer("source_min_rate")), false})
	{
		remote_.Exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	}

	std::vector<ListedTable> Tables() override
	{
		pg::SqlResult const rows = remote_.Exec(kTables + std::to_string(kMostListed + 1));
		std::vector<ListedTable> tables;
		for (size_t row = 0; row < rows.Rows(); ++row) {
			tables.push_back({{rows.Text(row, 0), rows.Text(row, 1)},
							  rows.Text(row, 2),
							  rows.IsTrue(row, 3),
							  rows.IsTrue(row, 4),
							  rows.IsTrue(row, 5)});
		}
		remote_.Exec("SET LOCAL search_path = ''");
		return tables;
	}

	TableKeys Keys(const ListedTable &table) override
	{
		pg::SqlResult const rows = remote_.Exec(kColumns, {table.oid});
		TableKeys keys;
		for (size_t row = 0; row < rows.Rows(); ++row) {
			// Types that can be a cursor are built in, and have the same number everywhere.
			bool const can = FindCursorType(static_cast<Oid>(rows.Integer(row, 2))) != nullptr;
			keys.columns.push_back({rows.Text(row, 0), rows.IsTrue(row, 1), can});
			if (rows.Cell(row, 3)) {
				keys.key.push_back(rows.Text(row, 0));
			}
		}
		return keys;
	}

private:
	pg::RemoteConnection remote_;
};

} // namespace

std::unique_ptr<TableListing>
ListPostgresTables(const ForeignServer &server, const OptionValues &options)
{
	return std::make_unique<PostgresListing>(server, options);
}

} // namespace sluice::engine
