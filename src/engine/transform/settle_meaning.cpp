#include "engine/transform/settle_meaning.hpp"

#include "engine/transform/compared_values.hpp"
#include "pg/compat.hpp"

extern "C" {
#include "catalog/pg_collation.h"
#include "nodes/nodeFuncs.h"
}

namespace sluice::engine::leaf {

namespace {

// A type of no operators, functions and implicit casts: what is done with a column of it fails in the analysis.
constexpr Oid kStandIn = GTSVECTOROID;

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
	return DifferingColumn(&search, expression, Difference::Zone);
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
