#include "engine/transform/exact_value.hpp"

#include "core/sqlstate.hpp"
#include "engine/transform/same_value.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
}

namespace sluice::engine::leaf {

namespace {

// What one call in a statement does, in fn_extra.
struct Assignment {
	MemoryContext context; // of all this
	MemoryContext scratch; // of one comparison
	Oid from;
	Oid to;
	Oid from_base;
	Oid to_base;
	int32 modifier;
	ExprContext *values;
	ExprState *cast;
};

Assignment *
Prepare(FunctionCallInfo fcinfo, int32 modifier)
{
	Oid const from = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Oid const to = get_fn_expr_argtype(fcinfo->flinfo, 1);
	if (!OidIsValid(from) || !OidIsValid(to) || from == UNKNOWNOID) {
		ereport(ERROR,
				(errcode(ERRCODE_INDETERMINATE_DATATYPE), errmsg("could not determine the types of an assignment")));
	}
	MemoryContext const context =
		AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "pg_sluice assignment", ALLOCSET_SMALL_SIZES);
	MemoryContext const old = MemoryContextSwitchTo(context);
	auto *assignment = static_cast<Assignment *>(palloc0(sizeof(Assignment)));
	assignment->context = context;
	assignment->scratch = AllocSetContextCreate(context, "pg_sluice comparison", ALLOCSET_SMALL_SIZES);
	assignment->from = from;
	assignment->to = to;
	assignment->from_base = getBaseType(from);
	assignment->to_base = getBaseType(to);
	assignment->modifier = modifier;
	auto *given = makeNode(CaseTestExpr);
	given->typeId = from;
	given->typeMod = -1;
	given->collation = get_typcollation(from);
	Node *cast = coerce_to_target_type(nullptr, reinterpret_cast<Node *>(given), from, to, modifier,
									   COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (cast == nullptr) {
		ereport(ERROR, (errcode(ERRCODE_CANNOT_COERCE),
						errmsg("%s cannot be assigned to %s", format_type_be(from), format_type_be(to))));
	}
	assignment->cast = ExecInitExpr(expression_planner(reinterpret_cast<Expr *>(cast)), nullptr);
	assignment->values = CreateStandaloneExprContext();
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = assignment;
	return assignment;
}

const char *
TextOf(Oid type, Datum value)
{
	Oid function;
	bool is_varlena;
	getTypeOutputInfo(type, &function, &is_varlena);
	return OidOutputFunctionCall(function, value);
}

int
SqlStateFor(Oid type)
{
	switch (TypeCategory(type)) {
	case TYPCATEGORY_NUMERIC:
		return sqlstate::kNumericValueOutOfRange;
	case TYPCATEGORY_STRING:
		return sqlstate::kStringDataRightTruncation;
	case TYPCATEGORY_DATETIME:
	case TYPCATEGORY_TIMESPAN:
		return sqlstate::kDatetimeFieldOverflow;
	default:
		return sqlstate::kDataException;
	}
}

int32
ModifierOfArgument(FunctionCallInfo fcinfo, int number)
{
	const auto *call = reinterpret_cast<const FuncExpr *>(fcinfo->flinfo->fn_expr);
	return IsA(call, FuncExpr) ? exprTypmod(static_cast<Node *>(list_nth(call->args, number))) : -1;
}

} // namespace

bool
AssignExactly(FunctionCallInfo fcinfo, Datum *assigned, Refusal *refusal)
{
	int32 const modifier = PG_ARGISNULL(2) ? -1 : PG_GETARG_INT32(2);
	auto *assignment = static_cast<Assignment *>(fcinfo->flinfo->fn_extra);
	if (assignment != nullptr && assignment->modifier != modifier) {
		MemoryContextDelete(assignment->context);
		fcinfo->flinfo->fn_extra = nullptr;
		assignment = nullptr;
	}
	if (assignment == nullptr) {
		assignment = Prepare(fcinfo, modifier);
	}
	Datum const given = PG_ARGISNULL(0) ? static_cast<Datum>(0) : PG_GETARG_DATUM(0);
	assignment->values->caseValue_datum = given;
	assignment->values->caseValue_isNull = PG_ARGISNULL(0);
	// In the caller's memory: what it makes is the result.
	Datum const stored = ExecEvalExpr(assignment->cast, assignment->values, &fcinfo->isnull);
	*assigned = stored;
	if (PG_ARGISNULL(0)) {
		return true;
	}
	// NULL is what timestamp's infinity becomes as a time.
	bool same = false;
	if (!fcinfo->isnull) {
		MemoryContext const old = MemoryContextSwitchTo(assignment->scratch);
		same = IsSameValue(assignment->from_base, given, assignment->to_base, stored);
		MemoryContextSwitchTo(old);
		MemoryContextReset(assignment->scratch);
	}
	if (!same) {
		refusal->column = PG_ARGISNULL(3) ? "?" : text_to_cstring(PG_GETARG_TEXT_PP(3));
		refusal->given = TextOf(assignment->from, given);
		refusal->stored = fcinfo->isnull ? "NULL" : TextOf(assignment->to, stored);
		refusal->from = format_type_with_typemod(assignment->from, ModifierOfArgument(fcinfo, 0));
		refusal->to = format_type_with_typemod(assignment->to, modifier);
		refusal->sqlstate = SqlStateFor(assignment->to);
	}
	return same;
}

} // namespace sluice::engine::leaf
