#include "engine/write/heap_reader.hpp"

extern "C" {
#include "utils/datum.h"
}

namespace sluice::engine::leaf {

namespace {

void
CopyRow(Batch *batch, TupleTableSlot *row)
{
	TupleTableSlot *slot = batch->slots[batch->count];
	ExecClearTuple(slot);
	slot_getallattrs(row);
	MemoryContext old = MemoryContextSwitchTo(batch->memory);
	for (int i = 0; i < batch->row_type->natts; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(batch->row_type, i);
		slot->tts_isnull[i] = row->tts_isnull[i];
		// Out-of-line values stay where they are until they are stored anew.
		slot->tts_values[i] = row->tts_isnull[i]
								  ? static_cast<Datum>(0)
								  : datumCopy(row->tts_values[i], attribute->attbyval, attribute->attlen);
	}
	MemoryContextSwitchTo(old);
	ExecStoreVirtualTuple(slot);
	batch->count++;
	batch->bytes = static_cast<int64>(MemoryContextMemAllocated(batch->memory, false));
}

} // namespace

HeapReader *
OpenHeapReader(Relation heap)
{
	auto *reader = static_cast<HeapReader *>(palloc0(sizeof(HeapReader)));
	reader->heap = heap;
	reader->snapshot = RegisterSnapshot(GetLatestSnapshot());
	reader->scan = table_beginscan(heap, reader->snapshot, 0, nullptr);
	reader->slot = table_slot_create(heap, nullptr);
	reader->batch = CreateBatch(RelationGetDescr(heap));
	return reader;
}

Batch *
ReadHeap(HeapReader *reader)
{
	ResetBatch(reader->batch);
	while (!BatchIsFull(reader->batch) && !reader->at_end) {
		CHECK_FOR_INTERRUPTS();
		if (table_scan_getnextslot(reader->scan, ForwardScanDirection, reader->slot)) {
			CopyRow(reader->batch, reader->slot);
		} else {
			reader->at_end = true;
		}
	}
	return reader->batch->count > 0 ? reader->batch : nullptr;
}

void
CloseHeapReader(HeapReader *reader)
{
	table_endscan(reader->scan);
	ExecDropSingleTupleTableSlot(reader->slot);
	UnregisterSnapshot(reader->snapshot);
}

} // namespace sluice::engine::leaf
