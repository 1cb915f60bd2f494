#include "engine/transform/meaning_search.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
}

namespace sluice::engine::leaf {

namespace {

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

struct Differing {
	const MeaningSearch *search;
	Difference difference;
	int found;
};

bool
Differs(const SourceType *type, Difference difference)
{
	return difference == Difference::Order		? type->order_differs
		   : difference == Difference::Equality ? type->equality_differs
		   : difference == Difference::Search	? type->search_differs
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

} // namespace

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

int
DifferingColumn(const MeaningSearch *search, Node *values, Difference difference)
{
	Differing differing = {search, difference, -1};
	(void)FindDiffering(values, &differing);
	return differing.found;
}

void
Refuse(MeaningSearch *search, int column)
{
	if (search->refused < 0) {
		search->refused = column;
	}
}

void
RefuseDiffering(MeaningSearch *search, Node *values, Difference difference)
{
	int const column = DifferingColumn(search, values, difference);
	if (column >= 0) {
		Refuse(search, column);
	}
}

} // namespace sluice::engine::leaf
