#include "engine/source/fetch_size.hpp"

#include "pg/foreign_catalog.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr char kOption[] = "fetch_size";
// What one fetch brings is held in memory. Values are as wide as statistics or their types say.
constexpr int64 kFetchBytes = 16 * 1024 * 1024;
constexpr int64 kDefault = 100;

struct Walk {
	const PlannedStmt *plan;
	FetchSize wanted;
	int changed;
};

bool
UserHasDecided(const Walk *walk, const ForeignScan *scan)
{
	if (pg::leaf::ServerHasOption(scan->fs_server, kOption)) {
		return true;
	}
	int index = -1;
	while ((index = bms_next_member(scan->fs_relids, index)) >= 0) {
		const RangeTblEntry *entry = rt_fetch(index, walk->plan->rtable);
		if (entry->rtekind == RTE_RELATION && entry->relkind == RELKIND_FOREIGN_TABLE &&
			pg::leaf::TableHasOption(entry->relid, kOption)) {
			return true;
		}
	}
	return false;
}

// Of a column that may hold anything and of which nothing is known: beyond it values are kept out of line.
constexpr int32 kUnknownWidth = BLCKSZ;

int32
WidthOfType(Oid type, int32 modifier)
{
	bool const unbounded = get_typlen(type) < 0 && type_maximum_size(type, modifier) < 0;
	return unbounded ? kUnknownWidth : get_typavgwidth(type, modifier);
}

// Bytes of a row on its way.
int64
WidthOf(const Walk *walk, const ForeignScan *scan, const List *columns)
{
	int64 width = 0;
	const ListCell *cell;
	if (scan->scan.scanrelid == 0) {
		foreach (cell, scan->fdw_scan_tlist) {
			const auto *expression = reinterpret_cast<const Node *>(lfirst_node(TargetEntry, cell)->expr);
			width += WidthOfType(exprType(expression), exprTypmod(expression));
		}
		return width;
	}
	Oid const relation = rt_fetch(scan->scan.scanrelid, walk->plan->rtable)->relid;
	foreach (cell, columns) {
		auto const number = static_cast<AttrNumber>(lfirst_int(cell));
		if (number <= 0) {
			continue;
		}
		Oid type;
		int32 modifier;
		Oid collation;
		get_atttypetypmodcoll(relation, number, &type, &modifier, &collation);
		int32 const known = get_attavgwidth(relation, number);
		width += known > 0 ? known : WidthOfType(type, modifier);
	}
	return width;
}

void
SetOne(Walk *walk, const ForeignScan *scan)
{
	PlannedFetch found;
	if (scan->operation != CMD_SELECT || !OidIsValid(scan->fs_server) || !walk->wanted.find(scan, &found) ||
		(!walk->wanted.asked && UserHasDecided(walk, scan))) {
		return;
	}
	int64 rows = walk->wanted.rows;
	if (!walk->wanted.asked) {
		int64 const fitting = kFetchBytes / std::max<int64>(WidthOf(walk, scan, found.columns), 1);
		rows = std::min(rows, std::max(fitting, kDefault));
	}
	walk->changed += found.rows->ival != rows ? 1 : 0;
	found.rows->ival = static_cast<int>(rows);
}

void WalkPlan(Walk *walk, Plan *plan);

void
WalkList(Walk *walk, const List *plans)
{
	const ListCell *cell;
	foreach (cell, plans) {
		WalkPlan(walk, static_cast<Plan *>(lfirst(cell)));
	}
}

void
WalkPlan(Walk *walk, Plan *plan)
{
	if (plan == nullptr) {
		return;
	}
	check_stack_depth();
	switch (nodeTag(plan)) {
	case T_ForeignScan:
		SetOne(walk, castNode(ForeignScan, plan));
		break;
	case T_Append:
		WalkList(walk, castNode(Append, plan)->appendplans);
		break;
	case T_MergeAppend:
		WalkList(walk, castNode(MergeAppend, plan)->mergeplans);
		break;
	case T_SubqueryScan:
		WalkPlan(walk, castNode(SubqueryScan, plan)->subplan);
		break;
	case T_CustomScan:
		WalkList(walk, castNode(CustomScan, plan)->custom_plans);
		break;
	default:
		break;
	}
	WalkPlan(walk, plan->lefttree);
	WalkPlan(walk, plan->righttree);
}

} // namespace

int
SetFetchSizes(PlannedStmt *plan, FetchSize wanted)
{
	Walk walk{plan, wanted, 0};
	WalkPlan(&walk, plan->planTree);
	WalkList(&walk, plan->subplans);
	return walk.changed;
}

} // namespace sluice::engine::leaf
