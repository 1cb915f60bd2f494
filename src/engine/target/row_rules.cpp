#include "engine/target/row_rules.hpp"

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

std::string
WhyUnforeseen(Oid table, const std::string &key_index)
{
	pg::SqlResult const found = pg::Sql(
		"SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid OPERATOR(pg_catalog.=) "
		"$1::pg_catalog.oid AND NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'), (SELECT c.relname "
		"FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid "
		"WHERE "
		"i.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND (i.indisunique OR i.indisexclusion) AND c.relname "
		"OPERATOR(pg_catalog.<>) $2 ORDER BY c.relname LIMIT 1), (SELECT a.attname FROM pg_catalog.pg_attribute AS a "
		"WHERE a.attrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND NOT a.attisdropped AND a.attgenerated "
		"OPERATOR(pg_catalog.<>) '' ORDER BY a.attnum LIMIT 1)",
		{Format("{}", table), key_index});
	if (found.IsTrue(0, 0)) {
		return "it has triggers";
	}
	if (found.Cell(0, 1)) {
		return Format("load is merge, and it has another unique index ({})", found.Text(0, 1));
	}
	if (found.Cell(0, 2)) {
		return Format("load is merge, and it has a generated column ({})", found.Text(0, 2));
	}
	return {};
}

std::string
WhyNotTried(const AskServer &ask, const std::string &relation)
{
	pg::SqlResult const found = ask(
		"WITH RECURSIVE part (oid) AS (SELECT $1::pg_catalog.oid UNION ALL SELECT i.inhrelid FROM "
		"pg_catalog.pg_inherits "
		"AS i JOIN part AS p ON i.inhparent OPERATOR(pg_catalog.=) p.oid) SELECT (SELECT c.relname FROM part AS p JOIN "
		"pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.oid WHERE c.relkind OPERATOR(pg_catalog.=) 'f' "
		"ORDER "
		"BY c.relname LIMIT 1), (SELECT k.conname FROM pg_catalog.pg_constraint AS k WHERE k.contype "
		"OPERATOR(pg_catalog.=) 'f' AND EXISTS (SELECT FROM part AS p WHERE p.oid OPERATOR(pg_catalog.=) k.conrelid) "
		"AND EXISTS (SELECT FROM part AS p WHERE p.oid OPERATOR(pg_catalog.=) k.confrelid) ORDER BY k.conname LIMIT "
		"1), "
		"c.relkind OPERATOR(pg_catalog.=) 'v', c.relhasrules FROM pg_catalog.pg_class AS c WHERE c.oid "
		"OPERATOR(pg_catalog.=) $1::pg_catalog.oid",
		{relation});
	if (found.Empty()) {
		return {}; // it was dropped, which others tell
	}
	// Not every wrapper takes back what was written in a subtransaction; what a view leads to is not known.
	if (found.IsTrue(0, 2)) {
		return "it is a view";
	}
	if (found.Cell(0, 0)) {
		return Format("its rows would go to a foreign table ({})", found.Text(0, 0));
	}
	if (found.Cell(0, 1)) {
		return Format("a foreign key leads from it to itself ({}), and what a row refers to may come after it",
					  found.Text(0, 1));
	}
	if (found.IsTrue(0, 3)) {
		return "it has rules";
	}
	return DistributedBy(ask, relation);
}

std::string
DistributedBy(const AskServer &ask, const std::string &relation)
{
	pg::SqlResult const extensions =
		ask("SELECT e.extname FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) ANY "
			"('{citus,timescaledb}'::pg_catalog.name[])",
			{});
	for (size_t row = 0; row < extensions.Rows(); ++row) {
		bool const citus = extensions.Text(row, 0) == "citus";
		std::string const statement =
			citus ? "SELECT 1 FROM pg_catalog.pg_dist_partition "
					"WHERE logicalrelid::pg_catalog.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid"
				  : "SELECT 1 FROM _timescaledb_catalog.hypertable AS h "
					"JOIN pg_catalog.pg_class AS c ON c.relname OPERATOR(pg_catalog.=) h.table_name "
					"JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
					"AND n.nspname OPERATOR(pg_catalog.=) h.schema_name "
					"WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid";
		if (!ask(statement, {relation}).Empty()) {
			return citus ? "it is a Citus table" : "it is a TimescaleDB hypertable";
		}
	}
	return {};
}

std::string
RowRules(Relation destination, const std::vector<std::string> &keys, const ColumnMatch &match)
{
	TupleDesc const row_type = RelationGetDescr(destination);
	std::string rules;
	std::string loaded = "{";
	for (int i = 0; i < row_type->natts; ++i) {
		if (match.source_of[static_cast<size_t>(i)] < 0) {
			continue;
		}
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		loaded += Format("{}{}", loaded.size() == 1 ? "" : ",", i + 1);
		bool const is_key = std::find(keys.begin(), keys.end(), NameStr(attribute->attname)) != keys.end();
		if (attribute->attnotnull || is_key) {
			rules += Format(", ALTER COLUMN {} SET NOT NULL", pg::QuoteIdentifier(NameStr(attribute->attname)));
		}
	}
	loaded += "}";
	pg::SqlResult const checks =
		pg::Sql("SELECT c.conname, pg_catalog.pg_get_constraintdef(c.oid), c.conkey OPERATOR(pg_catalog.<@) "
				"$2::pg_catalog.int2[] FROM pg_catalog.pg_constraint AS c WHERE c.conrelid OPERATOR(pg_catalog.=) "
				"$1::pg_catalog.oid AND c.contype OPERATOR(pg_catalog.=) 'c' ORDER BY c.conname",
				{Format("{}", RelationGetRelid(destination)), loaded});
	for (size_t row = 0; row < checks.Rows(); ++row) {
		if (!checks.IsTrue(row, 2)) {
			throw Error(sqlstate::kFeatureNotSupported,
						Format("rows that do not fit into {} cannot be put aside, because constraint \"{}\" is about "
							   "columns that are not loaded",
							   pg::QualifiedName(RelationGetRelid(destination)), checks.Text(row, 0)),
						"Leave on_reject out, or load those columns as well.");
		}
		rules += Format(", ADD CONSTRAINT {} {}", pg::QuoteIdentifier(checks.Text(row, 0)), checks.Text(row, 1));
	}
	return rules.empty() ? rules : rules.substr(2);
}

} // namespace sluice::engine
