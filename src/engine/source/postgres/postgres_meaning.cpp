#include "engine/source/postgres/postgres_meaning.hpp"

#include "engine/wire/collation_text.hpp"
#include "engine/wire/wire_type.hpp"

namespace sluice::engine {

namespace {

// Types that nothing but the server itself makes values of: there is no way to read one in.
constexpr std::array kUnreadable = {PG_NODE_TREEOID,
									PG_NDISTINCTOID,
									PG_DEPENDENCIESOID,
									PG_MCV_LISTOID,
									GTSVECTOROID,
									PG_BRIN_BLOOM_SUMMARYOID,
									PG_BRIN_MINMAX_MULTI_SUMMARYOID};

// Names of objects of a database, stored as their numbers.
constexpr std::array kNames = {REGPROCOID, REGPROCEDUREOID, REGOPEROID,	  REGOPERATOROID,	REGCLASSOID,	REGTYPEOID,
							   REGROLEOID, REGNAMESPACEOID, REGCONFIGOID, REGDICTIONARYOID, REGCOLLATIONOID};

template <size_t N>
bool
IsOneOf(const std::array<int, N> &types, Oid type)
{
	return std::find(types.begin(), types.end(), static_cast<int>(type)) != types.end();
}

// Built-in: this server has it or is too old for it.
void
FindBuiltIn(Oid type, ColumnMeaning *column)
{
	Oid const element = pg::Call(get_element_type, type);
	Oid const base = OidIsValid(element) ? element : type;
	char const kind = pg::Call(get_typtype, base);
	leaf::SourceType &found = column->type;
	if (kind == '\0') {
		column->missing = Format("this server has no type {}", column->source_type);
	} else if (kind == TYPTYPE_PSEUDO || IsOneOf(kUnreadable, base)) {
		column->missing = Format("values of type {} cannot be read in", column->source_type);
	} else if (base == ACLITEMOID) {
		column->missing = "its values name roles of the source";
	} else if (IsOneOf(kNames, base)) {
		found.own = type;
		column->why_not =
			Format("Values of type {} name objects of the source, which are others here", column->source_type);
		return;
	} else {
		found.own = type;
		found.computable = true;
		return;
	}
	column->why_not = column->missing;
	column->why_not.front() = static_cast<char>(column->why_not.front() - 'a' + 'A');
}

void
TakeFound(const TypeShape &there, const FoundType &found, ColumnMeaning *column)
{
	std::string const what = there.extension.empty()
								 ? "type " + column->source_type
								 : Format("type {} of the extension \"{}\"", column->source_type, there.extension);
	if (!OidIsValid(found.oid)) {
		column->missing = found.has_namesake ? Format("the {} is another one in this database", what)
											 : Format("this database has no {}", what);
		column->why_not = column->missing;
		column->why_not.front() = static_cast<char>(column->why_not.front() - 'a' + 'A');
		column->missing_extension = there.extension;
		return;
	}
	column->type.own = found.oid;
	if (there.kind == TYPTYPE_BASE && !found.shape.is_visible) {
		// An operator that is not found would be another type's, of text above all.
		column->why_not = Format("The operators of {} are in schema \"{}\", which is not in the pipeline's search_path",
								 found.text, found.shape.schema);
	} else if (there.inside != found.shape.inside) {
		column->why_not = Format("Texts within {} are ordered by another collation here", column->source_type);
	} else {
		column->type.computable = true;
	}
}

void
FindOwnTypes(const AskServer &ask, const std::vector<DescribedColumn> &columns, std::vector<ColumnMeaning> *meaning)
{
	std::set<Oid> types;
	for (const DescribedColumn &column : columns) {
		if (column.as_text) {
			types.insert(column.type);
		}
	}
	std::map<Oid, TypeShape> const shapes = DescribeTypes(ask, types);
	std::vector<const TypeShape *> wanted;
	std::vector<size_t> of_column;
	for (size_t i = 0; i < columns.size(); ++i) {
		ColumnMeaning &column = (*meaning)[i];
		auto const shape = shapes.find(columns[i].type);
		if (!columns[i].as_text) {
			continue;
		}
		column.source_type = shape != shapes.end() ? shape->second.text : Format("{}", columns[i].type);
		column.type.as_text = true;
		column.type.typmod = -1;
		if (shape != shapes.end()) {
			column.shape = std::make_shared<TypeShape>(shape->second);
		}
		if (columns[i].type < kFirstOidOfOneServer) {
			FindBuiltIn(columns[i].type, &column);
			column.type.typmod = columns[i].typmod;
			column.modifier = ModifierText(AskHere, column.type.own, columns[i].typmod);
		} else if (column.shape) {
			column.modifier = ModifierText(ask, columns[i].type, columns[i].typmod);
			wanted.push_back(column.shape.get());
			of_column.push_back(i);
		} else {
			column.missing = "this database has no such type";
			column.why_not = "This database has no such type";
		}
	}
	std::vector<FoundType> const found = FindTypes(AskHere, wanted);
	for (size_t i = 0; i < found.size(); ++i) {
		ColumnMeaning &column = (*meaning)[of_column[i]];
		TakeFound(*wanted[i], found[i], &column);
		int32 const typmod = columns[of_column[i]].typmod;
		// An extension's modifiers are numbers that its versions may read differently.
		if (OidIsValid(found[i].oid) && typmod >= 0 && ModifierText(AskHere, found[i].oid, typmod) == column.modifier) {
			column.type.typmod = typmod;
		}
	}
}

void
CompareOrders(const AskServer &ask, const std::string &from, const std::vector<DescribedColumn> &columns,
			  std::vector<ColumnMeaning> *meaning)
{
	std::vector<std::string> names;
	std::vector<size_t> of_name;
	bool documents = false;
	for (size_t i = 0; i < columns.size(); ++i) {
		if (!columns[i].computed) {
			continue;
		}
		const ColumnMeaning &column = (*meaning)[i];
		bool const collates = columns[i].as_text ? column.shape && column.shape->collates
												 : OidIsValid(pg::Call(get_typcollation, columns[i].type));
		if (collates) {
			names.push_back(pg::QuoteIdentifier(columns[i].name));
			of_name.push_back(i);
		}
		documents = documents || columns[i].type == JSONBOID || columns[i].type == JSONBARRAYOID;
	}
	if (names.empty() && !documents) {
		return;
	}
	std::string const here = DatabaseCollation(AskHere);
	auto const differ = [&](size_t index, const std::string &there) {
		ColumnMeaning &column = (*meaning)[index];
		column.type.order_differs = true;
		column.type.equality_differs = !IsDeterministic(there);
		column.type.search_differs = column.type.equality_differs;
		column.collations = Format("Its collation is {} there and {} here", there.empty() ? "unknown" : there, here);
	};
	std::vector<std::string> const collations = names.empty() ? names : ColumnCollations(ask, from, names);
	for (size_t i = 0; i < names.size(); ++i) {
		// Names are ordered by their bytes, on every server.
		if (columns[of_name[i]].type != NAMEOID && !SameCollation(collations[i], here)) {
			differ(of_name[i], collations[i]);
		}
	}
	std::string const database = documents ? DatabaseCollation(ask) : here;
	for (size_t i = 0; i < columns.size() && !SameCollation(database, here); ++i) {
		if (columns[i].type == JSONBOID || columns[i].type == JSONBARRAYOID) {
			differ(i, database);
		}
	}
}

} // namespace

std::vector<ColumnMeaning>
FindMeaning(pg::RemoteConnection &remote, const std::string &from, const std::vector<DescribedColumn> &columns)
{
	AskServer const ask = [&remote](const std::string &statement, const std::vector<pg::SqlValue> &parameters) {
		return remote.Exec(statement, parameters);
	};
	std::vector<ColumnMeaning> meaning(columns.size());
	for (size_t i = 0; i < columns.size(); ++i) {
		meaning[i].name = columns[i].name;
	}
	FindOwnTypes(ask, columns, &meaning);
	CompareOrders(ask, from, columns, &meaning);
	return meaning;
}

} // namespace sluice::engine
