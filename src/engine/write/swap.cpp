#include "engine/write/swap.hpp"

#include "engine/write/statistics.hpp"
#include "pg/compat.hpp"

extern "C" {
#include "access/toast_internals.h"
#include "catalog/heap.h"
#include "commands/cluster.h"
#include "commands/tablecmds.h"
#include "commands/trigger.h"
#include "storage/lmgr.h"
#include "storage/predicate.h"
}

namespace sluice::engine::leaf {

namespace {

HeapTuple
CopyOfClassRow(Oid relation)
{
	HeapTuple tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relation));
	if (!HeapTupleIsValid(tuple)) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", relation)));
	}
	return tuple;
}

// Serializable transactions remember what they read by pages: those are no more.
void
PromotePredicateLocks(Oid destination, const IndexTwinList *indexes)
{
	for (int i = 0; i < indexes->count; ++i) {
		Relation index = index_open(indexes->twins[i].index, NoLock);
		TransferPredicateLocksToHeapRelation(index);
		index_close(index, NoLock);
	}
	Relation relation = table_open(destination, NoLock);
	TransferPredicateLocksToHeapRelation(relation);
	table_close(relation, NoLock);
}

// Two relations of the same kind and shape exchange their files: one that stays, one that is dropped after it.
void
ExchangeFiles(Relation catalog, Oid kept, Oid dropped, bool is_new)
{
	HeapTuple kept_tuple = CopyOfClassRow(kept);
	HeapTuple dropped_tuple = CopyOfClassRow(dropped);
	auto *kept_row = reinterpret_cast<Form_pg_class>(GETSTRUCT(kept_tuple));
	auto *dropped_row = reinterpret_cast<Form_pg_class>(GETSTRUCT(dropped_tuple));
	if (kept_row->relfilenode == 0 || dropped_row->relfilenode == 0 || kept_row->relkind != dropped_row->relkind ||
		kept_row->relpersistence != dropped_row->relpersistence || kept_row->relam != dropped_row->relam) {
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("relation \"%s\" was changed while it was replaced", NameStr(kept_row->relname)),
						errhint("Run the pipeline again.")));
	}
	std::swap(kept_row->relfilenode, dropped_row->relfilenode);
	std::swap(kept_row->reltablespace, dropped_row->reltablespace);
	// What the file holds is described with it.
	std::swap(kept_row->relpages, dropped_row->relpages);
	std::swap(kept_row->reltuples, dropped_row->reltuples);
	std::swap(kept_row->relallvisible, dropped_row->relallvisible);
	pg::compat::SwapAllFrozen(kept_row, dropped_row);
	std::swap(kept_row->relfrozenxid, dropped_row->relfrozenxid);
	std::swap(kept_row->relminmxid, dropped_row->relminmxid);
	std::swap(kept_row->reltoastrelid, dropped_row->reltoastrelid);

	// Whether a file is new in this transaction decides whether its changes are WAL-logged: that moves with it.
	Relation kept_relation = relation_open(kept, NoLock);
	Relation dropped_relation = relation_open(dropped, NoLock);
	pg::compat::MoveFileAge(kept_relation, dropped_relation, is_new);
	CatalogTupleUpdate(catalog, &kept_tuple->t_self, kept_tuple);
	CatalogTupleUpdate(catalog, &dropped_tuple->t_self, dropped_tuple);
	// Each points to the other's file until the invalidation is seen.
	RelationCloseSmgr(kept_relation);
	RelationCloseSmgr(dropped_relation);
	relation_close(kept_relation, NoLock);
	relation_close(dropped_relation, NoLock);
	InvokeObjectPostAlterHookArg(RelationRelationId, kept, 0, InvalidOid, true);
	heap_freetuple(kept_tuple);
	heap_freetuple(dropped_tuple);
}

Oid
ToastOf(Oid relation)
{
	HeapTuple tuple = CopyOfClassRow(relation);
	Oid const toast = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->reltoastrelid;
	heap_freetuple(tuple);
	return toast;
}

void
OwnToast(Oid relation, Oid toast)
{
	if (!OidIsValid(toast)) {
		return;
	}
	ObjectAddress owner;
	ObjectAddress owned;
	ObjectAddressSet(owner, RelationRelationId, relation);
	ObjectAddressSet(owned, RelationRelationId, toast);
	(void)deleteDependencyRecordsFor(RelationRelationId, toast, false);
	recordDependencyOn(&owned, &owner, DEPENDENCY_INTERNAL);
}

// The TOAST table that came with the new rows is named after its table, as the server expects it.
void
RenameToast(Oid destination)
{
	Oid const toast = ToastOf(destination);
	if (!OidIsValid(toast)) {
		return;
	}
	Oid const index = toast_get_valid_index(toast, NoLock);
	RenameRelationInternal(toast, psprintf("pg_toast_%u", destination), true, false);
	RenameRelationInternal(index, psprintf("pg_toast_%u_index", destination), true, true);
	CommandCounterIncrement();
	ResetRelRewrite(toast);
}

} // namespace

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
CheckUnused(Relation destination, const IndexTwinList *indexes)
{
	CheckTableNotInUse(destination, "replace the rows of");
	for (int i = 0; i < indexes->count; ++i) {
		Relation index = index_open(indexes->twins[i].index, NoLock);
		CheckTableNotInUse(index, "replace the file of");
		index_close(index, NoLock);
	}
}

bool
IsUnused(Relation destination, const IndexTwinList *indexes)
{
	if (destination->rd_refcnt != 1 || AfterTriggerPendingOnRel(RelationGetRelid(destination))) {
		return false;
	}
	bool unused = true;
	for (int i = 0; i < indexes->count; ++i) {
		Relation index = index_open(indexes->twins[i].index, NoLock);
		unused = unused && index->rd_refcnt == 1;
		index_close(index, NoLock);
	}
	return unused;
}

void
DropHeap(Oid heap)
{
	CommandCounterIncrement();
	ObjectAddress old;
	ObjectAddressSet(old, RelationRelationId, heap);
	performDeletion(&old, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	CommandCounterIncrement();
}

void
SwapHeap(Oid destination, Oid heap, const IndexTwinList *indexes, int64 rows, bool analyzed, bool is_new)
{
	PromotePredicateLocks(destination, indexes);
	Relation catalog = table_open(RelationRelationId, RowExclusiveLock);
	ExchangeFiles(catalog, destination, heap, is_new);
	for (int i = 0; i < indexes->count; ++i) {
		ExchangeFiles(catalog, indexes->twins[i].index, indexes->twins[i].twin, true);
	}
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
	OwnToast(destination, ToastOf(destination));
	OwnToast(heap, ToastOf(heap));
	for (int i = 0; i < indexes->count; ++i) {
		MarkValid(indexes->twins[i].index);
	}
	CommandCounterIncrement();
	if (analyzed) {
		MoveStatistics(destination, heap, indexes);
	}

	DropHeap(heap);
	RenameToast(destination);

	Relation relation = table_open(destination, NoLock);
	// Every new row has all columns: none is filled in for rows from before an ALTER TABLE.
	RelationClearMissing(relation);
	pgstat_count_truncate(relation);
	pgstat_count_heap_insert(relation, rows);
	if (analyzed) {
		pg::compat::ReportAnalyze(relation, rows);
	}
	table_close(relation, NoLock);
	CommandCounterIncrement();
}

} // namespace sluice::engine::leaf
