#include "engine/transform/compared_values.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
}

namespace sluice::engine::leaf {

namespace {

// jsonb orders its texts by the database's collation; MariaDB orders a uuid in a way of its own.
bool
IsOrderedBySource(Oid type)
{
	return type == JSONBOID || type == JSONBARRAYOID || type == UUIDOID || OidIsValid(get_typcollation(type));
}

// Which letters belong together, and what a letter is, are matters of the collation, too.
bool
OrdersOrMatches(Oid function)
{
	switch (function) {
	case F_TEXT_LT:
	case F_TEXT_LE:
	case F_TEXT_GT:
	case F_TEXT_GE:
	case F_TEXT_LARGER:
	case F_TEXT_SMALLER:
	case F_BTTEXTCMP:
	case F_TEXTICLIKE:
	case F_TEXTICNLIKE:
	case F_BPCHARICLIKE:
	case F_BPCHARICNLIKE:
	case F_TEXTREGEXEQ:
	case F_TEXTREGEXNE:
	case F_TEXTICREGEXEQ:
	case F_TEXTICREGEXNE:
	case F_BPCHARREGEXEQ:
	case F_BPCHARREGEXNE:
	case F_BPCHARICREGEXEQ:
	case F_BPCHARICREGEXNE:
	case F_WIDTH_BUCKET_ANYCOMPATIBLE_ANYCOMPATIBLEARRAY:
		return true;
	default:
		return false;
	}
}

// Functions that compare texts by a collation although what they return is no boolean.
bool
ComparesTexts(const char *function)
{
	constexpr const char *kNames[] = {"array_position", "array_positions", "array_remove", "array_replace", "bpcharcmp",
									  "bttextcmp",		"position",		   "strpos",	   "width_bucket"};
	for (const char *name : kNames) {
		if (strcmp(function, name) == 0) {
			return true;
		}
	}
	return strncmp(function, "regexp_", strlen("regexp_")) == 0;
}

bool
SearchesText(const char *function)
{
	constexpr const char *kNames[] = {"replace", "split_part", "string_to_array", "string_to_table"};
	for (const char *name : kNames) {
		if (strcmp(function, name) == 0) {
			return true;
		}
	}
	return false;
}

// What a function of ours, or an operator's, does with the collation of its arguments.
void
LookAtFunction(MeaningSearch *search, Oid function, Node *values)
{
	const char *const name = get_func_name(function);
	if (get_func_rettype(function) == BOOLOID || name == nullptr || ComparesTexts(name)) {
		RefuseDiffering(search, values, Difference::Equality);
	} else if (SearchesText(name)) {
		RefuseDiffering(search, values, Difference::Search);
	}
}

// An operator or a function that compares values by a collation. collation: its input's.
void
LookAtComparison(MeaningSearch *search, Oid op, Oid function, Oid collation, List *arguments)
{
	if (arguments == NIL) {
		return;
	}
	bool const by_collation =
		IsOrderedBySource(exprType(static_cast<Node *>(linitial(arguments)))) || OidIsValid(collation);
	if (!by_collation) {
		return;
	}
	auto *values = reinterpret_cast<Node *>(arguments);
	// What other functions do with a collation nobody knows.
	bool const unknown = function >= FirstGenbkiObjectId;
	if ((OidIsValid(op) && pg::compat::IsOrdering(op)) || OrdersOrMatches(function) || unknown) {
		RefuseDiffering(search, values, Difference::Order);
	}
	if (OidIsValid(collation) && unknown) {
		RefuseDiffering(search, values, Difference::Equality);
	} else if (OidIsValid(collation)) {
		LookAtFunction(search, function, values);
	}
}

bool
IsOrderedAggregate(Oid function)
{
	HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple)) {
		return false;
	}
	bool const ordered = OidIsValid(reinterpret_cast<Form_pg_aggregate>(GETSTRUCT(tuple))->aggsortop);
	ReleaseSysCache(tuple);
	return ordered;
}

void
LookAtAggregate(MeaningSearch *search, const Aggref *aggregate)
{
	auto *values = reinterpret_cast<Node *>(aggregate->args);
	LookAtKeys(search, aggregate->aggorder, aggregate->args, Difference::Order);
	LookAtKeys(search, aggregate->aggdistinct, aggregate->args, Difference::Equality);
	if (aggregate->args != NIL && IsOrderedAggregate(aggregate->aggfnoid)) {
		auto *value = reinterpret_cast<Node *>(linitial_node(TargetEntry, aggregate->args)->expr);
		if (IsOrderedBySource(exprType(value)) || OidIsValid(aggregate->inputcollid)) {
			RefuseDiffering(search, values, Difference::Order);
		}
	}
	if (OidIsValid(aggregate->inputcollid) && aggregate->aggfnoid >= FirstGenbkiObjectId) {
		RefuseDiffering(search, values, Difference::Equality);
	}
}

} // namespace

void
LookAtKeys(MeaningSearch *search, List *clauses, List *target_list, Difference difference)
{
	ListCell *cell;
	foreach (cell, clauses) {
		Node *key = get_sortgroupclause_expr(lfirst_node(SortGroupClause, cell), target_list);
		if (IsOrderedBySource(exprType(key))) {
			RefuseDiffering(search, key, difference);
		}
	}
}

void
LookAtOrder(MeaningSearch *search, Node *node)
{
	switch (nodeTag(node)) {
	case T_OpExpr:
	case T_DistinctExpr:
	case T_NullIfExpr: {
		const OpExpr *expression = reinterpret_cast<OpExpr *>(node);
		LookAtComparison(search, expression->opno, get_opcode(expression->opno), expression->inputcollid,
						 expression->args);
		break;
	}
	case T_ScalarArrayOpExpr: {
		const ScalarArrayOpExpr *expression = reinterpret_cast<ScalarArrayOpExpr *>(node);
		LookAtComparison(search, expression->opno, get_opcode(expression->opno), expression->inputcollid,
						 expression->args);
		break;
	}
	case T_FuncExpr: {
		const FuncExpr *expression = reinterpret_cast<FuncExpr *>(node);
		LookAtComparison(search, InvalidOid, expression->funcid, expression->inputcollid, expression->args);
		break;
	}
	case T_CaseExpr: {
		// Its comparisons are with a placeholder of this value.
		auto *value = reinterpret_cast<Node *>(reinterpret_cast<CaseExpr *>(node)->arg);
		if (value != nullptr && IsOrderedBySource(exprType(value))) {
			RefuseDiffering(search, value, Difference::Equality);
		}
		break;
	}
	case T_MinMaxExpr: {
		const MinMaxExpr *expression = reinterpret_cast<MinMaxExpr *>(node);
		if (IsOrderedBySource(expression->minmaxtype)) {
			RefuseDiffering(search, reinterpret_cast<Node *>(expression->args), Difference::Order);
		}
		break;
	}
	case T_RowCompareExpr:
		RefuseDiffering(search, reinterpret_cast<Node *>(reinterpret_cast<RowCompareExpr *>(node)->largs),
						Difference::Order);
		RefuseDiffering(search, reinterpret_cast<Node *>(reinterpret_cast<RowCompareExpr *>(node)->rargs),
						Difference::Order);
		break;
	case T_Aggref:
		LookAtAggregate(search, reinterpret_cast<Aggref *>(node));
		break;
	default:
		break;
	}
}

} // namespace sluice::engine::leaf
