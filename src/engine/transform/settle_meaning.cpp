#include "engine/transform/settle_meaning.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_collation.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
}

namespace sluice::engine::leaf {

namespace {

// A type of no operators, functions and implicit casts: what is done with a column of it fails in the analysis.
constexpr Oid kStandIn = GTSVECTOROID;

struct MeaningSearch {
	const SourceType *types;
	int count;
	List *queries;	// from the innermost outwards
	bool *computed; // of each column
	int refused;	// the first column that means something else here
};

// The column of the source row that a Var is: from 1, 0 for the whole row; -1 for anything else.
int
StreamColumn(const MeaningSearch *search, const Var *var)
{
	if (static_cast<int>(var->varlevelsup) >= list_length(search->queries)) {
		return -1;
	}
	const Query *query = list_nth_node(Query, search->queries, static_cast<int>(var->varlevelsup));
	if (var->varno < 1 || var->varno > list_length(query->rtable) || var->varattno < 0) {
		return -1;
	}
	const RangeTblEntry *entry = list_nth_node(RangeTblEntry, query->rtable, var->varno - 1);
	return entry->rtekind == RTE_NAMEDTUPLESTORE ? var->varattno : -1;
}

// A column of a subquery, a CTE, a join or a group: anything of the source row may be behind it.
bool
IsDerived(const MeaningSearch *search, const Var *var)
{
	if (static_cast<int>(var->varlevelsup) >= list_length(search->queries)) {
		return true;
	}
	const Query *query = list_nth_node(Query, search->queries, static_cast<int>(var->varlevelsup));
	if (var->varno < 1 || var->varno > list_length(query->rtable)) {
		return true;
	}
	RTEKind const kind = list_nth_node(RangeTblEntry, query->rtable, var->varno - 1)->rtekind;
	return kind != RTE_RELATION && kind != RTE_NAMEDTUPLESTORE && kind != RTE_FUNCTION && kind != RTE_TABLEFUNC &&
		   kind != RTE_VALUES;
}

enum class Difference { Order, Equality, MeaningSearch, Zone };

struct Differing {
	const MeaningSearch *search;
	Difference difference;
	int found;
};

bool
Differs(const SourceType *type, Difference difference)
{
	return difference == Difference::Order			 ? type->order_differs
		   : difference == Difference::Equality		 ? type->equality_differs
		   : difference == Difference::MeaningSearch ? type->search_differs
													 : type->unknown_zone;
}

// Whether the values of an expression come from a column whose texts are ordered in another way at the source.
bool
FindDiffering(Node *node, void *context)
{
	auto *differing = static_cast<Differing *>(context);
	if (node == nullptr) {
		return false;
	}
	// Its collation is the writer's.
	if (IsA(node, CollateExpr)) {
		return false;
	}
	if (IsA(node, Var)) {
		int column = StreamColumn(differing->search, reinterpret_cast<Var *>(node));
		column = column < 0 && IsDerived(differing->search, reinterpret_cast<Var *>(node)) ? 0 : column;
		for (int i = 0; i < differing->search->count; ++i) {
			const SourceType *type = &differing->search->types[i];
			if ((column == 0 || column == i + 1) && Differs(type, differing->difference)) {
				differing->found = i;
				return true;
			}
		}
		return false;
	}
	return pg::compat::WalkExpression(node, FindDiffering, context);
}

bool
Refuse(MeaningSearch *search, int column)
{
	if (search->refused < 0) {
		search->refused = column;
	}
	return false;
}

void
RefuseDiffering(MeaningSearch *search, Node *values, Difference difference)
{
	Differing differing = {search, difference, -1};
	if (FindDiffering(values, &differing)) {
		Refuse(search, differing.found);
	}
}

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
		RefuseDiffering(search, values, Difference::MeaningSearch);
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

// What orders or compares texts in another way than the source would.
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

bool
IsStandIn(const MeaningSearch *search, Node *node)
{
	return node != nullptr && IsA(node, Var) && reinterpret_cast<Var *>(node)->vartype == kStandIn &&
		   StreamColumn(search, reinterpret_cast<Var *>(node)) > 0;
}

// What may be done with a value whose type is not known here: its text, whether there is one, and how many.
bool
IsHarmless(const MeaningSearch *search, Node *node)
{
	if (IsA(node, CoerceViaIO)) {
		const CoerceViaIO *cast = reinterpret_cast<CoerceViaIO *>(node);
		return cast->coerceformat == COERCE_EXPLICIT_CAST && IsStandIn(search, reinterpret_cast<Node *>(cast->arg));
	}
	if (IsA(node, NullTest)) {
		return IsStandIn(search, reinterpret_cast<Node *>(reinterpret_cast<NullTest *>(node)->arg));
	}
	if (IsA(node, Aggref)) {
		const Aggref *aggregate = reinterpret_cast<Aggref *>(node);
		return aggregate->aggfnoid == F_COUNT_ANY && aggregate->aggdistinct == NIL && aggregate->aggfilter == nullptr &&
			   IsStandIn(search, reinterpret_cast<Node *>(linitial_node(TargetEntry, aggregate->args)->expr));
	}
	return false;
}

void
LookAtColumn(MeaningSearch *search, int column)
{
	for (int i = 0; i < search->count; ++i) {
		if ((column == 0 || column == i + 1) && search->types[i].as_text) {
			search->computed[i] = search->types[i].computable;
			if (!search->types[i].computable) {
				Refuse(search, i);
			}
		}
	}
}

bool Look(Node *node, void *context);

// UNION, but not UNION ALL.
bool
ComparesRows(const Node *node)
{
	if (node == nullptr || !IsA(node, SetOperationStmt)) {
		return false;
	}
	const auto *operation = reinterpret_cast<const SetOperationStmt *>(node);
	return !operation->all || operation->op != SETOP_UNION || ComparesRows(operation->larg) ||
		   ComparesRows(operation->rarg);
}

void
LookAtSetOperation(MeaningSearch *search, const Query *query)
{
	ListCell *cell;
	if (!ComparesRows(query->setOperations)) {
		return;
	}
	foreach (cell, query->targetList) {
		RefuseDiffering(search, reinterpret_cast<Node *>(lfirst_node(TargetEntry, cell)->expr), Difference::Equality);
	}
}

// target_list_too: false for the outermost query, whose columns are looked at one by one.
void
LookIntoQuery(MeaningSearch *search, Query *query, bool target_list_too)
{
	LookAtKeys(search, query->sortClause, query->targetList, Difference::Order);
	LookAtKeys(search, query->groupClause, query->targetList, Difference::Equality);
	LookAtKeys(search, query->distinctClause, query->targetList, Difference::Equality);
	LookAtSetOperation(search, query);
	ListCell *cell;
	foreach (cell, query->windowClause) {
		LookAtKeys(search, lfirst_node(WindowClause, cell)->orderClause, query->targetList, Difference::Order);
		LookAtKeys(search, lfirst_node(WindowClause, cell)->partitionClause, query->targetList, Difference::Equality);
	}
	if (target_list_too) {
		(void)pg::compat::WalkQuery(query, Look, search);
	}
}

bool
Look(Node *node, void *context)
{
	auto *search = static_cast<MeaningSearch *>(context);
	if (node == nullptr) {
		return false;
	}
	if (IsA(node, Query)) {
		search->queries = lcons(node, search->queries);
		LookIntoQuery(search, reinterpret_cast<Query *>(node), true);
		search->queries = list_delete_first(search->queries);
		return false;
	}
	if (IsA(node, Var)) {
		int const column = StreamColumn(search, reinterpret_cast<Var *>(node));
		if (column >= 0) {
			LookAtColumn(search, column);
		}
		return false;
	}
	if (IsHarmless(search, node)) {
		return false;
	}
	LookAtOrder(search, node);
	return pg::compat::WalkExpression(node, Look, context);
}

// A column of the source as it is, which is not computed with, unless the rows are sorted by it.
bool
IsHandedOn(const MeaningSearch *search, const TargetEntry *entry)
{
	return IsA(entry->expr, Var) && entry->ressortgroupref == 0 &&
		   StreamColumn(search, reinterpret_cast<Var *>(entry->expr)) > 0;
}

bool
BecomeText(Node *node, void *context)
{
	auto *search = static_cast<MeaningSearch *>(context);
	if (node == nullptr) {
		return false;
	}
	if (IsA(node, Query)) {
		search->queries = lcons(node, search->queries);
		(void)pg::compat::WalkQuery(reinterpret_cast<Query *>(node), BecomeText, context);
		search->queries = list_delete_first(search->queries);
		return false;
	}
	if (IsA(node, Var)) {
		Var *var = reinterpret_cast<Var *>(node);
		int const column = StreamColumn(search, var);
		if (column > 0 && search->types[column - 1].as_text && !search->computed[column - 1]) {
			var->vartype = TEXTOID;
			var->vartypmod = -1;
			var->varcollid = DEFAULT_COLLATION_OID;
		}
		return false;
	}
	return pg::compat::WalkExpression(node, BecomeText, context);
}

} // namespace

TupleDesc
AnalyzedRowType(TupleDesc source_row, const SourceType *types)
{
	TupleDesc row_type = CreateTupleDescCopy(source_row);
	for (int i = 0; i < source_row->natts; ++i) {
		if (types[i].as_text) {
			bool const known = types[i].computable || types[i].own == TEXTOID;
			TupleDescInitEntry(row_type, static_cast<AttrNumber>(i + 1), NameStr(TupleDescAttr(row_type, i)->attname),
							   known ? types[i].own : kStandIn, known ? types[i].typmod : -1, 0);
		}
	}
	return row_type;
}

const char *
StandInName()
{
	return "gtsvector";
}

int
FindUnknownZone(Query *query, Node *expression, int count, const SourceType *types)
{
	MeaningSearch const search = {types, count, list_make1(query), nullptr, -1};
	Differing differing = {&search, Difference::Zone, -1};
	(void)FindDiffering(expression, &differing);
	return differing.found;
}

Meaning
SettleMeaning(Query *query, TupleDesc source_row, const SourceType *types)
{
	MeaningSearch search = {types, source_row->natts, list_make1(query),
							static_cast<bool *>(palloc0(sizeof(bool) * (source_row->natts + 1))), -1};
	Meaning meaning;
	LookIntoQuery(&search, query, false);
	ListCell *cell;
	foreach (cell, query->targetList) {
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		if (!IsHandedOn(&search, entry)) {
			(void)Look(reinterpret_cast<Node *>(entry->expr), &search);
		}
	}
	meaning.columns = search.refused;
	search.refused = -1;
	(void)Look(query->jointree->quals, &search);
	meaning.filter = search.refused;

	(void)BecomeText(reinterpret_cast<Node *>(query->targetList), &search);
	(void)BecomeText(query->jointree->quals, &search);
	// An earlier look at the same source row may have seen more of them computed with.
	for (int i = 0; i < source_row->natts; ++i) {
		if (types[i].as_text) {
			bool const computed = search.computed[i];
			TupleDescInitEntry(source_row, static_cast<AttrNumber>(i + 1),
							   NameStr(TupleDescAttr(source_row, i)->attname), computed ? types[i].own : TEXTOID,
							   computed ? types[i].typmod : -1, 0);
		}
	}
	return meaning;
}

} // namespace sluice::engine::leaf
