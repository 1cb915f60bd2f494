#include "engine/write/statistics.hpp"

extern "C" {
#include "catalog/heap.h"
#include "catalog/pg_attribute.h"
}

namespace sluice::engine::leaf {

namespace {

void
CopyColumnTargets(Relation catalog, HeapTuple source, HeapTuple target)
{
	Datum values[Natts_pg_attribute] = {};
	bool nulls[Natts_pg_attribute] = {};
	bool replace[Natts_pg_attribute] = {};
	bool differs = false;
	for (int const column : {Anum_pg_attribute_attstattarget, Anum_pg_attribute_attoptions}) {
		auto const number = static_cast<AttrNumber>(column);
		bool was_null;
		Datum const was = SysCacheGetAttr(ATTNUM, target, number, &was_null);
		values[column - 1] = SysCacheGetAttr(ATTNUM, source, number, &nulls[column - 1]);
		replace[column - 1] = true;
		differs = differs || was_null != nulls[column - 1] || (!was_null && was != values[column - 1]);
	}
	if (differs) {
		HeapTuple changed = heap_modify_tuple(target, RelationGetDescr(catalog), values, nulls, replace);
		CatalogTupleUpdate(catalog, &changed->t_self, changed);
		heap_freetuple(changed);
	}
}

void
CopyTargets(Relation catalog, Oid from, Oid to)
{
	for (AttrNumber number = 1;; ++number) {
		HeapTuple source = SearchSysCache2(ATTNUM, ObjectIdGetDatum(from), Int16GetDatum(number));
		if (!HeapTupleIsValid(source)) {
			return;
		}
		HeapTuple target = SearchSysCache2(ATTNUM, ObjectIdGetDatum(to), Int16GetDatum(number));
		if (!HeapTupleIsValid(target)) {
			ReleaseSysCache(source);
			return;
		}
		CopyColumnTargets(catalog, source, target);
		ReleaseSysCache(target);
		ReleaseSysCache(source);
	}
}

} // namespace

bool
HasExtendedStatistics(Relation table)
{
	return RelationGetStatExtList(table) != NIL;
}

void
CopyStatisticsTargets(Oid destination, Oid heap, const IndexTwinList *indexes)
{
	Relation catalog = table_open(AttributeRelationId, RowExclusiveLock);
	CopyTargets(catalog, destination, heap);
	for (int i = 0; i < indexes->count; ++i) {
		CopyTargets(catalog, indexes->twins[i].index, indexes->twins[i].twin);
	}
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

void
MoveStatistics(Oid destination, Oid heap, const IndexTwinList *indexes)
{
	RemoveStatistics(destination, 0);
	for (int i = 0; i < indexes->count; ++i) {
		RemoveStatistics(indexes->twins[i].index, 0);
	}
	CommandCounterIncrement();
	CopyStatistics(heap, destination);
	for (int i = 0; i < indexes->count; ++i) {
		CopyStatistics(indexes->twins[i].twin, indexes->twins[i].index);
	}
	CommandCounterIncrement();
}

} // namespace sluice::engine::leaf
