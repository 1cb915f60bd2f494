// RemoteDestination: what a load by keys has to know of the table there.

#include "core/sqlstate.hpp"
#include "engine/target/filled_columns.hpp"
#include "engine/target/key_index.hpp"
#include "engine/target/remote_destination.hpp"

namespace sluice::engine {

namespace {

// OVERRIDING SYSTEM VALUE, and unique indexes of partitioned tables a little later.
constexpr int kFirstVersion = 100000;

// As leaf::FindKeyIndex finds it here: on exactly these columns, compared as their types are everywhere. $3: a boolean
// column, and only rows in which it is true are in the index.
constexpr const char *kKeyIndex =
	"SELECT x.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid, "
	"LATERAL (SELECT COALESCE((pg_catalog.to_jsonb(i) ->> 'indnkeyatts')::pg_catalog.int4, i.indnatts)) n (keys), "
	"LATERAL (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text) AS names, pg_catalog.bool_and(k.coll = "
	"a.attcollation AND o.opcdefault) AS plain FROM ROWS FROM (pg_catalog.unnest(i.indkey::pg_catalog.int2[]), "
	"pg_catalog.unnest(i.indcollation::pg_catalog.oid[]), pg_catalog.unnest(i.indclass::pg_catalog.oid[])) "
	"WITH ORDINALITY k (attnum, coll, opclass, place) JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid "
	"AND a.attnum = k.attnum LEFT JOIN pg_catalog.pg_opclass o ON o.oid = k.opclass WHERE k.place <= n.keys) c "
	"WHERE i.indrelid = $1::pg_catalog.oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indexprs IS "
	"NULL "
	"AND CASE WHEN $3::pg_catalog.text IS NULL THEN i.indpred IS NULL ELSE pg_catalog.pg_get_expr(i.indpred, "
	"i.indrelid) "
	"= pg_catalog.quote_ident($3::pg_catalog.text) END AND c.plain AND c.names @> $2::pg_catalog.text[] AND c.names <@ "
	"$2::pg_catalog.text[] ORDER BY x.oid LIMIT 1";

// Of a type that only that server knows: the operator by which its own indexes are unique, and whether it has an order.
constexpr const char *kEquality =
	"SELECT pg_catalog.quote_ident(n.nspname) || '.' || o.oprname, m.amname = 'btree' FROM pg_catalog.pg_type t JOIN "
	"pg_catalog.pg_opclass c ON c.opcintype = t.oid OR c.opcintype = CASE WHEN t.typtype = 'e' THEN "
	"'pg_catalog.anyenum'::pg_catalog.regtype WHEN t.typtype = 'r' THEN 'pg_catalog.anyrange'::pg_catalog.regtype "
	"WHEN t.typtype = 'c' THEN 'pg_catalog.record'::pg_catalog.regtype WHEN t.typcategory = 'A' THEN "
	"'pg_catalog.anyarray'::pg_catalog.regtype END OR c.opcintype IN (SELECT k.casttarget FROM pg_catalog.pg_cast k "
	"WHERE k.castsource = t.oid AND k.castmethod = 'b' AND k.castcontext = 'i') JOIN pg_catalog.pg_am m ON m.oid = "
	"c.opcmethod JOIN pg_catalog.pg_amop p ON p.amopfamily = c.opcfamily AND p.amoplefttype = c.opcintype AND "
	"p.amoprighttype = c.opcintype AND p.amopstrategy = CASE m.amname WHEN 'btree' THEN 3 ELSE 1 END "
	"JOIN pg_catalog.pg_operator o ON o.oid = p.amopopr JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE "
	"t.oid = $1::pg_catalog.oid AND c.opcdefault AND m.amname IN ('btree', 'hash') ORDER BY m.amname, "
	"c.opcintype = t.oid DESC LIMIT 1";

// Which of the columns are identity columns that nobody may assign, and their collations.
constexpr const char *kColumnTraits =
	"SELECT a.attname, COALESCE(pg_catalog.to_jsonb(a) ->> 'attidentity', '') = 'a', CASE WHEN l.oid IS NOT NULL THEN "
	"' COLLATE ' || pg_catalog.quote_ident(s.nspname) || '.' || pg_catalog.quote_ident(l.collname) ELSE '' END FROM "
	"pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation LEFT JOIN "
	"pg_catalog.pg_namespace s ON s.oid = l.collnamespace WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND "
	"NOT "
	"a.attisdropped";

pg::SqlValue
TextArray(const std::vector<std::string> &elements)
{
	std::string array = "{";
	for (const std::string &element : elements) {
		array += array.size() == 1 ? "\"" : ",\"";
		for (char const c : element) {
			array += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
		}
		array += '"';
	}
	return array + "}";
}

} // namespace

const RemoteColumn *
RemoteDestination::FindColumn(const std::string &name) const
{
	auto const found = std::find_if(columns_.begin(), columns_.end(),
									[&name](const RemoteColumn &column) { return column.target.name == name; });
	return found != columns_.end() ? &*found : nullptr;
}

std::string
RemoteDestination::KeyIndex(const std::vector<std::string> &keys, const std::string &current)
{
	pg::SqlResult const index =
		Exec(kKeyIndex, {relation_->oid, TextArray(keys), current.empty() ? pg::SqlValue() : pg::SqlValue(current)});
	return index.Empty() ? std::string() : index.Text(0, 0);
}

void
RemoteDestination::ReadKeyFacts(LoadFacts *facts)
{
	if (ServerVersion() < kFirstVersion) {
		throw Error(
			sqlstate::kFeatureNotSupported,
			Format("load => '{}' needs PostgreSQL 10 or newer, and server \"{}\" is older", NameOf(mode_), Server()),
			"Use load => 'append' or 'replace'.");
	}
	if (!relation_) {
		return;
	}
	if (!IsTable()) {
		throw Error(sqlstate::kWrongObjectType,
					Format("load => '{}' needs a table, and {} is none", NameOf(mode_), label_),
					"Load into the table behind it, or use load => 'append' or 'replace'.");
	}
	if (columns_.empty()) {
		columns_ = ReadRemoteColumns(*remote_, relation_->oid);
	}
	for (const std::string &key : facts->merge.keys) {
		if (FindColumn(key) == nullptr) {
			throw Error(sqlstate::kUndefinedColumn, Format("{} has no column \"{}\", which is a key", label_, key),
						"key_columns name columns of the destination.");
		}
	}
	CheckFilledColumns(
		mode_, label_, table_,
		[this](const std::string &name) {
			const RemoteColumn *const column = FindColumn(name);
			return column != nullptr ? std::optional(column->type) : std::nullopt;
		},
		&facts->compare);
	facts->partitioned = relation_->kind == RELKIND_PARTITIONED_TABLE;
	facts->merge.key_index = KeyIndex(facts->merge.keys, mode_ == LoadMode::History ? facts->compare.current : "");
}

std::vector<WorkColumn>
RemoteDestination::Columns(const std::vector<std::string> &keys)
{
	pg::SqlResult const traits = Exec(kColumnTraits, {relation_->oid});
	std::vector<WorkColumn> columns;
	for (size_t i = 0; i < shape_.fed.size(); ++i) {
		const RemoteColumn &fed = shape_.fed[i];
		WorkColumn column{fed.target.name, fed.type_text, true, shape_.match.stamped[i]};
		for (size_t row = 0; row < traits.Rows(); ++row) {
			if (traits.Text(row, 0) == column.name) {
				column.assignable = !traits.IsTrue(row, 1);
				column.type += traits.Text(row, 2);
			}
		}
		bool const is_key = std::find(keys.begin(), keys.end(), column.name) != keys.end();
		if (is_key && OidIsValid(fed.type)) {
			column.equals = pg::Call(leaf::EqualityOf, fed.type);
			column.sortable = pg::Call(leaf::CanBeSorted, fed.type);
		} else if (is_key) {
			pg::SqlResult const equality = Exec(kEquality, {Format("{}", fed.type_there)});
			if (equality.Empty()) {
				throw Error(SqlState("42883"), Format("values of type {} cannot be keys", fed.type_text),
							"Take other key_columns.", "The type has no equality that an index could use.");
			}
			column.equals = Format("OPERATOR({})", equality.Text(0, 0));
			column.sortable = equality.IsTrue(0, 1);
		}
		columns.push_back(std::move(column));
	}
	return columns;
}

RemoteShape
RemoteDestination::StagedShape(const MappedQuery &query, Oid cursor, const char *cursor_name) const
{
	std::vector<RemoteColumn> columns = shape_.fed;
	if (OidIsValid(cursor)) {
		RemoteColumn column;
		column.target.name = cursor_name;
		column.type = column.type_there = cursor;
		columns.push_back(std::move(column));
	}
	return MatchRemote(query, columns, table_, nullptr);
}

} // namespace sluice::engine
