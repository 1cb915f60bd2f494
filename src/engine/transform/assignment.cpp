#include "engine/transform/assignment.hpp"

extern "C" {
#include "catalog/pg_collation.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "utils/typcache.h"
}

namespace sluice::engine::leaf {

namespace {

// A user's type that is text, such as citext.
Oid
KnownAs(Oid type)
{
	return type >= FirstNormalObjectId && TypeCategory(type) == TYPCATEGORY_STRING ? TEXTOID : type;
}

// The fields of a row that is written as one, beside those of the type that takes it. False: no more, or another thing.
bool
NextField(Node *expression, TupleDesc fields, int *argument, int *attribute)
{
	const List *arguments = reinterpret_cast<RowExpr *>(expression)->args;
	++*argument;
	do {
		++*attribute;
	} while (*attribute < fields->natts && TupleDescAttr(fields, *attribute)->attisdropped);
	return *argument < list_length(arguments) && *attribute < fields->natts;
}

// Of a composite type that takes a row; else NULL.
TupleDesc
FieldsFor(Node *expression, Oid to)
{
	Oid const base = getBaseType(to);
	return IsA(expression, RowExpr) && exprType(expression) == RECORDOID && type_is_rowtype(base) && base != RECORDOID
			   ? lookup_rowtype_tupdesc_copy(base, -1)
			   : nullptr;
}

Oid
FindAssignExactly()
{
	Oid const arguments[] = {ANYOID, ANYELEMENTOID, INT4OID, TEXTOID};
	return LookupFuncName(list_make2(makeString(pstrdup("sluice")), makeString(pstrdup("assign_exactly"))),
						  lengthof(arguments), arguments, false);
}

} // namespace

bool
ClockChanges(const char *zone)
{
	pg_tz *const found = zone != nullptr ? pg_tzset(zone) : session_timezone;
	long offset;
	return found == nullptr || !pg_get_timezone_offset(found, &offset);
}

AssignmentFit
FitOfTypes(Oid from, int32 from_modifier, Oid to, int32 to_modifier, bool clock_changes)
{
	from = getBaseTypeAndTypmod(from, &from_modifier);
	to = getBaseTypeAndTypmod(to, &to_modifier);
	for (;;) {
		Oid const from_element = get_element_type(from);
		Oid const to_element = get_element_type(to);
		if (!OidIsValid(from_element) || !OidIsValid(to_element)) {
			return FitOfAssignment({KnownAs(from), from_modifier}, {to, to_modifier}, clock_changes);
		}
		from = getBaseTypeAndTypmod(from_element, &from_modifier);
		to = getBaseTypeAndTypmod(to_element, &to_modifier);
	}
}

AssignmentFit
FitOfExpression(Node *expression, Oid to, int32 to_modifier)
{
	check_stack_depth();
	if (IsA(expression, Const)) {
		return {};
	}
	TupleDesc fields = FieldsFor(expression, to);
	if (fields == nullptr) {
		return FitOfTypes(exprType(expression), exprTypmod(expression), to, to_modifier, ClockChanges(nullptr));
	}
	AssignmentFit worst;
	for (int argument = -1, attribute = -1; NextField(expression, fields, &argument, &attribute);) {
		auto *field = static_cast<Node *>(list_nth(reinterpret_cast<RowExpr *>(expression)->args, argument));
		Form_pg_attribute taker = TupleDescAttr(fields, attribute);
		AssignmentFit const fit = FitOfExpression(field, taker->atttypid, taker->atttypmod);
		worst = fit.fit > worst.fit ? fit : worst;
	}
	return worst;
}

Node *
AssignedExactly(Node *expression, Oid to, int32 to_modifier, const char *column)
{
	check_stack_depth();
	if (TupleDesc fields = FieldsFor(expression, to); fields != nullptr) {
		for (int argument = -1, attribute = -1; NextField(expression, fields, &argument, &attribute);) {
			ListCell *cell = list_nth_cell(reinterpret_cast<RowExpr *>(expression)->args, argument);
			Form_pg_attribute taker = TupleDescAttr(fields, attribute);
			lfirst(cell) = AssignedExactly(static_cast<Node *>(lfirst(cell)), taker->atttypid, taker->atttypmod,
										   psprintf("%s.%s", column, NameStr(taker->attname)));
		}
		return expression;
	}
	Oid const from = exprType(expression);
	if (FitOfExpression(expression, to, to_modifier).fit != Fit::Loses ||
		!can_coerce_type(1, &from, &to, COERCION_ASSIGNMENT)) {
		return expression;
	}
	int32 modifier = to_modifier;
	Oid const base = getBaseTypeAndTypmod(to, &modifier);
	Oid const collation = get_typcollation(base);
	List *arguments =
		list_make4(expression, makeNullConst(base, -1, collation),
				   makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(modifier), false, true),
				   makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1, CStringGetTextDatum(column), false, false));
	auto *call = reinterpret_cast<Expr *>(
		makeFuncExpr(FindAssignExactly(), base, arguments, collation, InvalidOid, COERCE_EXPLICIT_CALL));
	// It has the length already: no cast is to be put around it.
	return reinterpret_cast<Node *>(makeRelabelType(call, base, modifier, collation, COERCE_IMPLICIT_CAST));
}

const char *
AssignExactlyText(const char *value, Oid to, int32 to_modifier, const char *column)
{
	int32 modifier = to_modifier;
	Oid const base = getBaseTypeAndTypmod(to, &modifier);
	return psprintf("sluice.assign_exactly(%s, CAST(NULL AS %s), %d, %s)", value,
					format_type_extended(base, -1, FORMAT_TYPE_FORCE_QUALIFY), modifier, quote_literal_cstr(column));
}

} // namespace sluice::engine::leaf
