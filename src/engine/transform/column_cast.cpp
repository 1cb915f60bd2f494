#include "engine/transform/column_cast.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parse_type.h"
}

namespace sluice::engine::leaf {

namespace {

// What travels as text is read by the type's input function, as it would be by a column of the destination.
bool
IsReadIn(const OutputColumn *column, Oid base)
{
	return column->from_text && column->type == TEXTOID && TypeCategory(base) != TYPCATEGORY_STRING;
}

} // namespace

NamedType
FindNamedType(const char *text)
{
	NamedType named;
	TypeName *name = pg::compat::ParseTypeName(text);
	if (name->setof) {
		ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION), errmsg("column cannot be declared SETOF")));
	}
	typenameTypeIdAndMod(nullptr, name, &named.type, &named.modifier);
	if (get_typtype(named.type) == TYPTYPE_PSEUDO) {
		ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
						errmsg("no column can have the pseudo-type %s", format_type_be(named.type))));
	}
	return named;
}

void
CastColumn(AnalyzedQuery *analyzed, int index, const NamedType *wanted)
{
	OutputColumn *column = &analyzed->columns[index];
	TargetEntry *entry = list_nth_node(TargetEntry, analyzed->query->targetList, index);
	auto *expression = reinterpret_cast<Node *>(entry->expr);
	Oid const base = getBaseType(wanted->type);
	Oid type = column->type;
	bool const read = IsReadIn(column, base);
	if (read) {
		auto *through_text = makeNode(CoerceViaIO);
		through_text->arg = entry->expr;
		through_text->resulttype = base;
		through_text->coerceformat = COERCE_EXPLICIT_CAST;
		through_text->location = -1;
		expression = reinterpret_cast<Node *>(through_text);
		type = base;
	}
	Node *cast = coerce_to_target_type(nullptr, expression, type, wanted->type, wanted->modifier, COERCION_EXPLICIT,
									   COERCE_EXPLICIT_CAST, -1);
	if (cast == nullptr) {
		ereport(ERROR, (errcode(ERRCODE_CANNOT_COERCE),
						errmsg("column \"%s\" of type %s cannot be cast to %s, which column_types asks for",
							   column->name, format_type_be(column->type), format_type_be(wanted->type)),
						errhint("Make such a value in columns, or leave the column out of column_types.")));
	}
	ParseState *state = make_parsestate(nullptr);
	assign_expr_collations(state, cast);
	free_parsestate(state);
	entry->expr = reinterpret_cast<Expr *>(cast);

	column->cast_from = column->type;
	column->cast_from_modifier = column->type_modifier;
	column->read_in = read;
	column->type = column->kept_type = wanted->type;
	column->type_modifier = column->kept_modifier = wanted->modifier;
	column->collation = exprCollation(cast);
	column->source_column = -1;
	column->from_text = false;
}

const char *
CastText(const OutputColumn *column, const char *value)
{
	if (!OidIsValid(column->cast_from)) {
		return value;
	}
	if (column->read_in) {
		value = ReadAsText(column->cast_from, column->type, value);
	}
	return psprintf("CAST(%s AS %s)", value,
					format_type_extended(column->type, column->type_modifier, FORMAT_TYPE_TYPEMOD_GIVEN));
}

bool
KeepsApart(const OutputColumn *column)
{
	if (!OidIsValid(column->cast_from)) {
		return true;
	}
	return !column->read_in && FitOfTypes(column->cast_from, column->cast_from_modifier, column->type,
										  column->type_modifier, ClockChanges(nullptr))
									   .fit != Fit::Loses;
}

bool
HasOrder(const OutputColumn *column)
{
	return OidIsValid(GetDefaultOpClass(column->kept_type, BTREE_AM_OID));
}

const char *
NameThatFits(const char *name)
{
	char *fitting = pstrdup(name);
	fitting[pg_mbcliplen(name, static_cast<int>(strlen(name)), NAMEDATALEN - 1)] = '\0';
	return fitting;
}

} // namespace sluice::engine::leaf
