#include "engine/write/index_conflict.hpp"

#include "pg/compat.hpp"

namespace sluice::engine::leaf {

namespace {

void
TakeOut(Relation target, TupleTableSlot *slot)
{
	// A command does not see what it has inserted itself.
	CommandCounterIncrement();
	simple_table_tuple_delete(target, &slot->tts_tid, SnapshotAny);
}

// The first index that the row has another one in.
Relation
FindIndex(RowChecks *checks, TupleTableSlot *slot)
{
	const ResultRelInfo *result = checks->result;
	for (int i = 0; i < result->ri_NumIndices; ++i) {
		Relation index = result->ri_IndexRelationDescs[i];
		const IndexInfo *info = result->ri_IndexRelationInfo[i];
		if ((info->ii_Unique || info->ii_ExclusionOps != nullptr) &&
			!pg::compat::IsFreeOfConflicts(checks->result, slot, checks->estate,
										   list_make1_oid(RelationGetRelid(index)))) {
			return index;
		}
	}
	return nullptr;
}

void
Describe(RowChecks *checks, Relation index, TupleTableSlot *slot, Conflict *conflict)
{
	const ResultRelInfo *result = checks->result;
	IndexInfo *info = nullptr;
	for (int i = 0; i < result->ri_NumIndices; ++i) {
		if (result->ri_IndexRelationDescs[i] == index) {
			info = result->ri_IndexRelationInfo[i];
		}
	}
	Datum values[INDEX_MAX_KEYS];
	bool nulls[INDEX_MAX_KEYS];
	GetPerTupleExprContext(checks->estate)->ecxt_scantuple = slot;
	FormIndexDatum(info, slot, checks->estate, values, nulls);
	const char *key = BuildIndexValueDescription(index, values, nulls);
	bool const unique = info->ii_ExclusionOps == nullptr;
	conflict->sqlstate = unique ? ERRCODE_UNIQUE_VIOLATION : ERRCODE_EXCLUSION_VIOLATION;
	conflict->constraint = pstrdup(RelationGetRelationName(index));
	conflict->message = psprintf(unique ? "duplicate key value violates unique constraint \"%s\""
										: "conflicting key value violates exclusion constraint \"%s\"",
								 conflict->constraint);
	conflict->detail = key == nullptr ? nullptr
					   : unique		  ? psprintf("Key %s already exists.", key)
									  : psprintf("Key %s conflicts with an existing key.", key);
}

// Whether it is in the table after all.
bool
Settle(RowChecks *checks, Relation target, TupleTableSlot *slot, MemoryContext memory, Conflict *conflict)
{
	for (;;) {
		CHECK_FOR_INTERRUPTS();
		TakeOut(target, slot);
		ResetPerTupleExprContext(checks->estate);
		if (Relation index = FindIndex(checks, slot); index != nullptr) {
			MemoryContext const old = MemoryContextSwitchTo(memory);
			Describe(checks, index, slot, conflict);
			MemoryContextSwitchTo(old);
			return false;
		}
		// What stood in its way is gone.
		CommandCounterIncrement();
		simple_table_tuple_insert(target, slot);
		if (pg::compat::InsertIndexTuplesAnyway(checks->result, slot, checks->estate) == NIL) {
			return true;
		}
	}
}

} // namespace

void
AddConflict(Conflicts *conflicts, int row)
{
	conflicts->list[conflicts->count++].row = row;
}

void
SettleConflicts(RowChecks *checks, Relation target, Batch *batch)
{
	Conflicts *conflicts = batch->conflicts;
	int const flagged = conflicts->count;
	conflicts->count = 0;
	for (int i = 0; i < flagged; ++i) {
		Conflict conflict = conflicts->list[i];
		checks->row = conflict.row;
		if (!Settle(checks, target, batch->slots[conflict.row], conflicts->memory, &conflict)) {
			conflicts->list[conflicts->count++] = conflict;
		}
	}
	checks->row = -1;
	if (flagged > 0) {
		CommandCounterIncrement();
	}
}

} // namespace sluice::engine::leaf
