#include "engine/write/statistics_tree.hpp"

#include "engine/write/statistics.hpp"
#include "engine/write/swap.hpp"
#include "pg/compat.hpp"

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_inherits.h"
#include "commands/cluster.h"
#include "commands/tablecmds.h"
}

namespace sluice::engine::leaf {

namespace {

// In the form that it has for a partitioned table.
void
SetRowCount(Oid table, double rows)
{
	Relation catalog = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple of_table = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(table));
	if (!HeapTupleIsValid(of_table)) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", table)));
	}
	auto *form = reinterpret_cast<Form_pg_class>(GETSTRUCT(of_table));
	form->relpages = -1;
	form->reltuples = static_cast<float4>(rows);
	CatalogTupleUpdate(catalog, &of_table->t_self, of_table);
	heap_freetuple(of_table);
	table_close(catalog, RowExclusiveLock);
}

} // namespace

Oid
MakeStatisticsParent(Oid table)
{
	Relation relation = table_open(table, NoLock);
	char const persistence = relation->rd_rel->relpersistence;
	table_close(relation, NoLock);
	Oid const parent = make_new_heap(table, InvalidOid, HEAP_TABLE_AM_OID, persistence, ShareRowExclusiveLock);
	SetRelationHasSubclass(parent, true);
	IndexTwinList const none{};
	CommandCounterIncrement();
	CopyStatisticsTargets(table, parent, &none);
	return parent;
}

void
AddStatisticsChild(Oid parent, Oid heap, int place)
{
	StoreSingleInheritance(heap, parent, place);
}

void
TakeStatisticsOf(Oid table, Oid parent, double rows)
{
	IndexTwinList const none{};
	MoveStatistics(table, parent, &none);
	DropHeap(parent);
	SetRowCount(table, rows);
	Relation relation = table_open(table, NoLock);
	pg::compat::ReportAnalyze(relation, 0);
	table_close(relation, NoLock);
}

} // namespace sluice::engine::leaf
