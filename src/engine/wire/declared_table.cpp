#include "engine/wire/declared_table.hpp"

namespace sluice::engine {

namespace {

// Of a table with children its own constraints say nothing of theirs.
constexpr const char *kTable =
	"SELECT pg_catalog.obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c WHERE c.oid = $1::pg_catalog.oid "
	"AND (c.relkind = 'p' OR c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = "
	"c.oid))";

// attidentity is read as JSON, because older servers lack it. A NOT NULL that is not validated promises nothing.
constexpr const char *kColumns =
	"SELECT a.attname, a.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = "
	"a.attrelid "
	"AND k.contype = 'n' AND NOT k.convalidated AND a.attnum = ANY (k.conkey)), "
	"COALESCE(pg_catalog.to_jsonb(a) ->> 'attidentity', '') <> '', pg_catalog.col_description(a.attrelid, a.attnum), "
	"CASE WHEN t.typtype = 'd' THEN n.nspname END, CASE WHEN t.typtype = 'd' THEN t.typname END "
	"FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_namespace n ON "
	"n.oid = t.typnamespace WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped";

// One row for each column of each index. indnkeyatts and indnullsnotdistinct are read as JSON for the same reason.
constexpr const char *kIndexes =
	"SELECT c.relname, x.indisprimary, x.indisunique, "
	"COALESCE(pg_catalog.to_jsonb(x) ->> 'indnullsnotdistinct', 'false') = 'true', "
	"CASE WHEN m.amname <> 'btree' THEN 'it is of the access method ' || m.amname "
	"WHEN NOT (x.indisvalid AND x.indisready) THEN 'it is not valid' "
	"WHEN x.indpred IS NOT NULL THEN 'it holds only some of the rows' "
	"WHEN x.indexprs IS NOT NULL THEN 'it is over an expression' ELSE '' END, "
	"p.place > COALESCE((pg_catalog.to_jsonb(x) ->> 'indnkeyatts')::pg_catalog.int4, x.indnatts), a.attname, "
	"o.opcdefault AND p.ordering = COALESCE(NULLIF(a.attcollation, 0), p.ordering), "
	"p.way & 1 = 1, p.way & 2 = 2 "
	"FROM (SELECT * FROM pg_catalog.pg_index i WHERE i.indrelid = $1::pg_catalog.oid LIMIT %MOST%) x "
	"JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid JOIN pg_catalog.pg_am m ON m.oid = c.relam "
	"CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(x.indkey::pg_catalog.int2[]), "
	"pg_catalog.unnest(x.indclass::pg_catalog.oid[]), pg_catalog.unnest(x.indcollation::pg_catalog.oid[]), "
	"pg_catalog.unnest(x.indoption::pg_catalog.int2[])) WITH ORDINALITY p (number, class, ordering, way, place) "
	"LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = p.number "
	"LEFT JOIN pg_catalog.pg_opclass o ON o.oid = p.class "
	"ORDER BY x.indisprimary DESC, c.relname, p.place";

std::string
IndexStatement()
{
	std::string statement = kIndexes;
	constexpr std::string_view kPlace = "%MOST%";
	return statement.replace(statement.find(kPlace), kPlace.size(), std::to_string(kMostIndexes));
}

} // namespace

std::string
CommentIn(const pg::SqlResult &rows, size_t row, size_t column)
{
	constexpr size_t kLongest = 100'000;
	const std::string &text = rows.Text(row, column);
	return text.size() > kLongest ? std::string() : text;
}

DeclaredTable
ReadDeclaredTable(const AskServer &ask, const std::string &oid)
{
	DeclaredTable declared;
	pg::SqlResult const table = ask(kTable, {oid});
	if (table.Empty()) {
		return declared;
	}
	declared.comment = CommentIn(table, 0, 0);
	pg::SqlResult const columns = ask(kColumns, {oid});
	for (size_t row = 0; row < columns.Rows(); ++row) {
		declared.columns[columns.Text(row, 0)] = {columns.IsTrue(row, 1), columns.IsTrue(row, 2),
												  CommentIn(columns, row, 3), columns.Cell(row, 4).value_or(""),
												  columns.Cell(row, 5).value_or("")};
	}
	pg::SqlResult const indexes = ask(IndexStatement(), {oid});
	for (size_t row = 0; row < indexes.Rows(); ++row) {
		const std::string &name = indexes.Text(row, 0);
		if (declared.indexes.empty() || declared.indexes.back().name != name) {
			DeclaredIndex index;
			index.name = name;
			index.primary = indexes.IsTrue(row, 1);
			index.unique = indexes.IsTrue(row, 2);
			index.nulls_equal = indexes.IsTrue(row, 3);
			index.obstacle = indexes.Text(row, 4);
			declared.indexes.push_back(std::move(index));
		}
		DeclaredIndex &index = declared.indexes.back();
		if (indexes.IsTrue(row, 5)) {
			index.included.push_back(indexes.Text(row, 6));
			continue;
		}
		if (index.obstacle.empty() && !indexes.IsTrue(row, 7)) {
			index.obstacle = "its operators or its collation are not those of its columns";
		}
		index.parts.push_back({indexes.Text(row, 6), indexes.IsTrue(row, 8), indexes.IsTrue(row, 9)});
	}
	return declared;
}

} // namespace sluice::engine
