#include "engine/sinks/swap_leaf.hpp"

extern "C" {
#include "access/multixact.h"
#include "commands/cluster.h"
#include "commands/tablecmds.h"
#include "storage/lmgr.h"
}

namespace sluice::engine::leaf {

Relation
MakeNewHeap(Relation destination)
{
	Oid const heap =
		make_new_heap(RelationGetRelid(destination), destination->rd_rel->reltablespace, destination->rd_rel->relam,
					  destination->rd_rel->relpersistence, ShareRowExclusiveLock);
	return table_open(heap, AccessExclusiveLock);
}

void
CloseNewHeap(Relation heap)
{
	table_close(heap, NoLock);
	CommandCounterIncrement();
}

void
CheckUnused(Relation destination)
{
	CheckTableNotInUse(destination, "replace the rows of");
}

void
SwapHeap(Oid destination, Oid heap, char persistence, int64 rows)
{
	// As a refreshed materialized view does: the rows are frozen, so no older transaction is in the new file.
	finish_heap_swap(destination, heap, false, false, true, true, RecentXmin, ReadNextMultiXactId(), persistence);
	Relation relation = table_open(destination, NoLock);
	pgstat_count_truncate(relation);
	pgstat_count_heap_insert(relation, rows);
	table_close(relation, NoLock);
	CommandCounterIncrement();
}

} // namespace sluice::engine::leaf
