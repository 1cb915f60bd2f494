#include "engine/wire/type_shape.hpp"

#include "engine/wire/collation_text.hpp"

namespace sluice::engine {

namespace {

// What a source answers is bounded, too: such types are nobody's.
constexpr int kDeepest = 32;
constexpr size_t kLongestShape = 1000000;

// One row per type and per type that it consists of. What older servers lack is read as JSON.
std::string
ShapeQuery()
{
	std::string const collation =
		"(SELECT " + CollationText("co") + " FROM pg_catalog.pg_collation co WHERE co.oid OPERATOR(pg_catalog.=) {})";
	return "WITH RECURSIVE need (oid) AS (SELECT pg_catalog.unnest($1::pg_catalog.oid[]) UNION SELECT c.oid FROM need "
		   "n "
		   "JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) n.oid CROSS JOIN LATERAL ("
		   "SELECT t.typelem AS oid UNION ALL SELECT t.typbasetype UNION ALL "
		   "SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid UNION ALL "
		   "SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE (pg_catalog.to_jsonb(r) OPERATOR(pg_catalog.->>) "
		   "'rngmultitypid')::pg_catalog.oid OPERATOR(pg_catalog.=) t.oid UNION ALL "
		   "SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) t.typrelid "
		   "AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped) c "
		   "WHERE t.oid OPERATOR(pg_catalog.>=) 10000::pg_catalog.oid AND c.oid OPERATOR(pg_catalog.<>) "
		   "0::pg_catalog.oid) "
		   "SELECT t.oid, s.nspname, t.typname, COALESCE(e.extname::pg_catalog.text, ''), t.typtype, "
		   "el.oid, pg_catalog.format_type(t.oid, NULL), pg_catalog.pg_type_is_visible(t.oid), "
		   "t.typcollation OPERATOR(pg_catalog.<>) 0::pg_catalog.oid, "
		   "CASE "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN (SELECT "
		   "pg_catalog.string_agg(pg_catalog.quote_literal(n.enumlabel::pg_catalog.text), ',' ORDER BY "
		   "n.enumsortorder) FROM pg_catalog.pg_enum n WHERE n.enumtypid OPERATOR(pg_catalog.=) t.oid) "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'c' THEN (SELECT pg_catalog.string_agg(pg_catalog.format('%I %s', "
		   "a.attname, a.atttypmod), ',' ORDER BY "
		   "a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) t.typrelid AND a.attnum "
		   "OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped) "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN t.typtypmod::pg_catalog.text "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'r' THEN (SELECT o.opcname::pg_catalog.text FROM pg_catalog.pg_range "
		   "r JOIN pg_catalog.pg_opclass o ON o.oid "
		   "OPERATOR(pg_catalog.=) r.rngsubopc WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid) END, "
		   "CASE "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'c' THEN (SELECT pg_catalog.string_agg(a.atttypid::pg_catalog.text, "
		   "' ' ORDER BY a.attnum) FROM "
		   "pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) t.typrelid AND a.attnum "
		   "OPERATOR(pg_catalog.>) 0 "
		   "AND NOT a.attisdropped) "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN t.typbasetype::pg_catalog.text "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'r' THEN (SELECT r.rngsubtype::pg_catalog.text FROM "
		   "pg_catalog.pg_range r WHERE r.rngtypid "
		   "OPERATOR(pg_catalog.=) t.oid) "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'm' THEN (SELECT r.rngtypid::pg_catalog.text FROM "
		   "pg_catalog.pg_range r WHERE (pg_catalog.to_jsonb(r) "
		   "OPERATOR(pg_catalog.->>) 'rngmultitypid')::pg_catalog.oid OPERATOR(pg_catalog.=) t.oid) END, "
		   "CASE "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'c' THEN (SELECT pg_catalog.string_agg(COALESCE(" +
		   FormatRuntime(collation.c_str(), "a.attcollation") +
		   ", ''), ';' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) "
		   "t.typrelid "
		   "AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped) "
		   "WHEN t.typtype OPERATOR(pg_catalog.=) 'r' THEN (SELECT " +
		   FormatRuntime(collation.c_str(), "r.rngcollation") +
		   " FROM pg_catalog.pg_range r WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid) END "
		   "FROM need JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) need.oid "
		   "JOIN pg_catalog.pg_namespace s ON s.oid OPERATOR(pg_catalog.=) t.typnamespace "
		   "LEFT JOIN pg_catalog.pg_type el ON el.oid OPERATOR(pg_catalog.=) t.typelem AND el.typarray "
		   "OPERATOR(pg_catalog.=) t.oid "
		   "LEFT JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) "
		   "'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid AND d.objid OPERATOR(pg_catalog.=) t.oid AND "
		   "d.objsubid "
		   "OPERATOR(pg_catalog.=) 0 AND d.deptype::pg_catalog.text OPERATOR(pg_catalog.=) 'e' "
		   "LEFT JOIN pg_catalog.pg_extension e ON e.oid OPERATOR(pg_catalog.=) d.refobjid";
}

// Of the types wanted: their extension, schema and name; own ones first where the schema is the same.
constexpr const char *kCandidateTypes =
	"SELECT w.i, CASE WHEN w.is_array THEN t.typarray ELSE t.oid END FROM ROWS FROM ("
	"pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]), "
	"pg_catalog.unnest($3::pg_catalog.text[]), pg_catalog.unnest($4::pg_catalog.bool[])) "
	"WITH ORDINALITY w (extension, schema, name, is_array, i) "
	"JOIN pg_catalog.pg_type t ON t.typname::pg_catalog.text OPERATOR(pg_catalog.=) w.name "
	"JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace "
	"LEFT JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) "
	"'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid AND d.objid OPERATOR(pg_catalog.=) t.oid AND d.objsubid "
	"OPERATOR(pg_catalog.=) 0 AND d.deptype::pg_catalog.text OPERATOR(pg_catalog.=) 'e' "
	"LEFT JOIN pg_catalog.pg_extension e ON e.oid OPERATOR(pg_catalog.=) d.refobjid "
	"WHERE COALESCE(e.extname::pg_catalog.text, '') OPERATOR(pg_catalog.=) w.extension AND (w.extension "
	"OPERATOR(pg_catalog.<>) '' OR n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) w.schema OR "
	"pg_catalog.pg_type_is_visible(t.oid)) "
	"AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_type_privilege(t.oid, 'USAGE') "
	"ORDER BY w.i, n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) w.schema DESC";

struct Part {
	TypeShape type;
	Oid oid = InvalidOid;
	Oid element = InvalidOid;
	std::string detail;
	std::string inside;
	std::vector<Oid> components;
};

using Parts = std::map<Oid, Part>;

std::vector<Oid>
OidList(const std::string &text)
{
	std::vector<Oid> list;
	size_t start = 0;
	while (start < text.size()) {
		size_t const end = std::min(text.find(' ', start), text.size());
		list.push_back(static_cast<Oid>(strtoul(text.substr(start, end - start).c_str(), nullptr, 10)));
		start = end + 1;
	}
	return list;
}

std::string
OidArray(const std::set<Oid> &types)
{
	std::string list;
	for (Oid const type : types) {
		list += (list.empty() ? "" : ",") + Format("{}", type);
	}
	return "{" + list + "}";
}

Parts
ReadParts(const AskServer &ask, const std::set<Oid> &types)
{
	static std::string const query = ShapeQuery();
	Parts parts;
	pg::SqlResult const rows = ask(query, {OidArray(types)});
	for (size_t row = 0; row < rows.Rows(); ++row) {
		Part part;
		part.oid = static_cast<Oid>(rows.Integer(row, 0));
		part.type.schema = rows.Text(row, 1);
		part.type.name = rows.Text(row, 2);
		part.type.extension = rows.Text(row, 3);
		part.type.kind = rows.Text(row, 4).empty() ? '\0' : rows.Text(row, 4).front();
		part.element = static_cast<Oid>(rows.Integer(row, 5));
		part.type.text = rows.Text(row, 6);
		part.type.is_visible = rows.IsTrue(row, 7);
		part.type.collates = rows.IsTrue(row, 8);
		part.detail = rows.Text(row, 9);
		part.components = OidList(rows.Text(row, 10));
		part.inside = rows.Text(row, 11);
		parts.emplace(part.oid, std::move(part));
	}
	return parts;
}

// False: nothing can be said to be the same.
bool
AppendShape(const Parts &parts, Oid oid, int depth, TypeShape *whole)
{
	auto const found = parts.find(oid);
	if (found == parts.end() || depth > kDeepest || whole->shape.size() > kLongestShape) {
		return false;
	}
	const Part &part = found->second;
	if (OidIsValid(part.element)) {
		whole->shape += "[]";
		return AppendShape(parts, part.element, depth + 1, whole);
	}
	whole->shape += pg::QuoteIdentifier(part.type.name) + " " + part.type.kind + " ";
	if (oid < kFirstOidOfOneServer) {
		return true;
	}
	whole->shape += pg::QuoteIdentifier(part.type.extension) + " " + part.detail + "(";
	whole->inside += part.inside;
	// What a base type is only its functions know.
	if (part.type.kind == TYPTYPE_PSEUDO || (part.type.kind == TYPTYPE_BASE && part.type.extension.empty())) {
		return false;
	}
	for (Oid const component : part.components) {
		if (!AppendShape(parts, component, depth + 1, whole)) {
			return false;
		}
	}
	whole->shape += ")";
	return true;
}

TypeShape
ShapeOf(const Parts &parts, const Part &part)
{
	auto const element = parts.find(part.element);
	TypeShape type = element != parts.end() ? element->second.type : part.type;
	type.text = part.type.text;
	type.is_array = element != parts.end();
	type.collates = part.type.collates;
	if (!AppendShape(parts, part.oid, 0, &type)) {
		type.shape.clear();
	}
	return type;
}

std::string
TextArray(const std::vector<std::string> &texts)
{
	std::string list;
	for (const std::string &text : texts) {
		list += list.empty() ? "\"" : ",\"";
		for (char const c : text) {
			list += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
		}
		list += '"';
	}
	return "{" + list + "}";
}

} // namespace

std::map<Oid, TypeShape>
DescribeTypes(const AskServer &ask, const std::set<Oid> &types)
{
	std::map<Oid, TypeShape> shapes;
	if (types.empty()) {
		return shapes;
	}
	Parts const parts = ReadParts(ask, types);
	for (Oid const type : types) {
		auto const found = parts.find(type);
		if (found != parts.end()) {
			shapes.emplace(type, ShapeOf(parts, found->second));
		}
	}
	return shapes;
}

std::vector<FoundType>
FindTypes(const AskServer &ask, const std::vector<const TypeShape *> &wanted)
{
	std::vector<FoundType> found(wanted.size());
	std::vector<std::string> extensions;
	std::vector<std::string> schemas;
	std::vector<std::string> names;
	std::vector<std::string> arrays;
	for (const TypeShape *type : wanted) {
		extensions.push_back(type->extension);
		schemas.push_back(type->schema);
		names.push_back(type->name);
		arrays.emplace_back(type->is_array ? "t" : "f");
	}
	if (wanted.empty()) {
		return found;
	}
	pg::SqlResult const rows =
		ask(kCandidateTypes, {TextArray(extensions), TextArray(schemas), TextArray(names), TextArray(arrays)});
	std::set<Oid> candidates;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		candidates.insert(static_cast<Oid>(rows.Integer(row, 1)));
	}
	std::map<Oid, TypeShape> const shapes = DescribeTypes(ask, candidates);
	for (size_t row = 0; row < rows.Rows(); ++row) {
		auto const oid = static_cast<Oid>(rows.Integer(row, 1));
		auto const index = static_cast<size_t>(rows.Integer(row, 0) - 1);
		auto const shape = shapes.find(oid);
		if (shape == shapes.end() || index >= found.size() || OidIsValid(found[index].oid)) {
			continue;
		}
		if (!shape->second.shape.empty() && shape->second.shape == wanted[index]->shape) {
			found[index] = {oid, shape->second.text, shape->second, false};
		} else {
			found[index].has_namesake = true;
		}
	}
	return found;
}

std::string
ModifierText(const AskServer &ask, Oid type, int32 modifier)
{
	if (modifier < 0) {
		return {};
	}
	pg::SqlResult const text = ask("SELECT pg_catalog.format_type($1::pg_catalog.oid, $2::pg_catalog.int4), "
								   "pg_catalog.format_type($1::pg_catalog.oid, NULL)",
								   {Format("{}", type), Format("{}", modifier)});
	const std::string &with = text.Text(0, 0);
	const std::string &without = text.Text(0, 1);
	return with.size() > without.size() && with.compare(0, without.size(), without) == 0 ? with.substr(without.size())
																						 : std::string();
}

} // namespace sluice::engine
