#include "engine/write/row_walk.hpp"

extern "C" {
#include "utils/datum.h"
}

namespace sluice::engine::leaf {

namespace {

// Behind what the row has: where it is that it is to replace.
void
SetPlace(TupleTableSlot *slot, int column, TupleTableSlot *found, bool is_same, MemoryContext memory)
{
	auto *const place = static_cast<ItemPointer>(MemoryContextAlloc(memory, sizeof(ItemPointerData)));
	*place = found->tts_tid;
	slot->tts_values[column] = ObjectIdGetDatum(found->tts_tableOid);
	slot->tts_isnull[column] = is_same;
	slot->tts_values[column + 1] = PointerGetDatum(place);
	slot->tts_isnull[column + 1] = false;
}

// What was met and is the same as the heap's: what is not compared is the same for all rows, or cannot differ.
void
AddAsItIs(RowWalk *walk, Batch *batch, TupleTableSlot *like, TupleTableSlot *found)
{
	if (walk->first == nullptr) {
		MemoryContext const old = MemoryContextSwitchTo(walk->memory);
		walk->first = CreateBatch(batch->row_type);
		MemoryContextSwitchTo(old);
	}
	Batch *const first = walk->first;
	TupleTableSlot *const slot = first->slots[first->count];
	ExecClearTuple(slot);
	slot_getallattrs(found);
	MemoryContext const old = MemoryContextSwitchTo(first->memory);
	for (int i = 0; i < walk->heap->column_count; ++i) {
		const WalkedColumn *const column = &walk->heap->columns[i];
		const TupleTableSlot *const from = column->is_compared ? found : like;
		int const number = column->is_compared ? column->number - 1 : i;
		Form_pg_attribute const attribute = TupleDescAttr(batch->row_type, i);
		slot->tts_isnull[i] = from->tts_isnull[number];
		slot->tts_values[i] = from->tts_isnull[number]
								  ? static_cast<Datum>(0)
								  : datumCopy(from->tts_values[number], attribute->attbyval, attribute->attlen);
	}
	MemoryContextSwitchTo(old);
	SetPlace(slot, walk->part_column, found, true, first->memory);
	ExecStoreVirtualTuple(slot);
	first->count++;
}

// Whether the row is to be staged.
bool
IsWanted(RowWalk *walk, Batch *batch, TupleTableSlot *slot)
{
	TupleTableSlot *const found = FindRow(walk->heap, slot);
	if (found == nullptr) {
		walk->fresh++;
		slot->tts_isnull[walk->part_column] = true;
		slot->tts_isnull[walk->part_column + 1] = true;
		return true;
	}
	HeapWalk *const heap = walk->heap;
	OffsetNumber const place = ItemPointerGetOffsetNumber(&found->tts_tid);
	PageMarks *const page = MarksOf(heap->marks, ItemPointerGetBlockNumber(&found->tts_tid));
	bool const is_same = IsSameRow(heap, slot, found) && (heap->marked.number == 0 || !SaysSo(&heap->marked, found));
	walk->differing += is_same ? 0 : 1;
	if (!Meet(page, place)) {
		walk->repeated++;
		if (!IsStaged(page, place)) {
			AddAsItIs(walk, batch, slot, found);
		}
	} else if (is_same && !walk->keeps_same) {
		return false;
	}
	SetStaged(page, place);
	SetPlace(slot, walk->part_column, found, is_same, batch->memory);
	return true;
}

} // namespace

RowWalk *
OpenRowWalk(HeapWalk *heap, int part_column, bool keeps_same)
{
	auto *walk = static_cast<RowWalk *>(palloc0(sizeof(RowWalk)));
	walk->heap = heap;
	walk->memory = CurrentMemoryContext;
	walk->part_column = part_column;
	walk->keeps_same = keeps_same;
	return walk;
}

Batch *
WalkRows(RowWalk *walk, Batch *batch)
{
	CHECK_FOR_INTERRUPTS();
	if (walk->first != nullptr) {
		ResetBatch(walk->first);
	}
	MemoryContext const old = MemoryContextSwitchTo(walk->heap->scratch);
	int kept = 0;
	for (int i = 0; i < batch->count; ++i) {
		if (IsWanted(walk, batch, batch->slots[i])) {
			std::swap(batch->slots[kept++], batch->slots[i]);
		} else {
			ExecClearTuple(batch->slots[i]);
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(walk->heap->scratch);
	walk->rows += batch->count;
	batch->count = kept;
	return walk->first != nullptr && walk->first->count > 0 ? walk->first : nullptr;
}

void
LeavePlacesOut(const RowWalk *walk, Batch *batch)
{
	for (int i = 0; i < batch->count; ++i) {
		batch->slots[i]->tts_isnull[walk->part_column] = true;
		batch->slots[i]->tts_isnull[walk->part_column + 1] = true;
	}
}

bool
FillUnmet(HeapWalk *walk, Batch *batch)
{
	ResetBatch(batch);
	while (batch->count < kBatchRows) {
		TupleTableSlot *const row = NextUnmet(walk);
		if (row == nullptr) {
			break;
		}
		TupleTableSlot *const slot = batch->slots[batch->count++];
		ExecClearTuple(slot);
		SetPlace(slot, 0, row, false, batch->memory);
		ExecStoreVirtualTuple(slot);
	}
	return batch->count > 0;
}

} // namespace sluice::engine::leaf
