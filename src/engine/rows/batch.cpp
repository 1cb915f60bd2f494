#include "engine/rows/batch.hpp"

extern "C" {
#include "utils/datum.h"
}

namespace sluice::engine::leaf {

Batch *
CreateBatch(TupleDesc row_type)
{
	auto *batch = static_cast<Batch *>(palloc0(sizeof(Batch)));
	batch->row_type = CreateTupleDescCopyConstr(row_type);
	batch->slots = static_cast<TupleTableSlot **>(palloc0(sizeof(TupleTableSlot *) * kBatchRows));
	for (int i = 0; i < kBatchRows; ++i) {
		batch->slots[i] = MakeSingleTupleTableSlot(batch->row_type, &TTSOpsVirtual);
	}
	batch->memory = GenerationContextCreate(CurrentMemoryContext, "pg_sluice batch", 0, 256 * 1024, 8 * 1024 * 1024);
	return batch;
}

void
ResetBatch(Batch *batch)
{
	for (int i = 0; i < batch->count; ++i) {
		ExecClearTuple(batch->slots[i]);
	}
	batch->count = 0;
	batch->bytes = 0;
	batch->is_checked = false;
	MemoryContextReset(batch->memory);
}

void
AppendCopy(Batch *batch, const TupleTableSlot *row)
{
	TupleTableSlot *const copy = batch->slots[batch->count++];
	ExecClearTuple(copy);
	MemoryContext const outer = MemoryContextSwitchTo(batch->memory);
	for (int i = 0; i < batch->row_type->natts; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(batch->row_type, i);
		copy->tts_isnull[i] = row->tts_isnull[i];
		if (row->tts_isnull[i]) {
			continue;
		}
		copy->tts_values[i] = datumCopy(row->tts_values[i], attribute->attbyval, attribute->attlen);
		if (attribute->attlen == -1) {
			batch->bytes += static_cast<int64>(VARSIZE_ANY(DatumGetPointer(copy->tts_values[i])));
		}
	}
	MemoryContextSwitchTo(outer);
	ExecStoreVirtualTuple(copy);
}

void
TakeOutRow(Batch *batch, int index)
{
	TupleTableSlot *slot = batch->slots[index];
	for (int i = index; i + 1 < batch->count; ++i) {
		batch->slots[i] = batch->slots[i + 1];
	}
	batch->slots[--batch->count] = slot;
	ExecClearTuple(slot);
}

} // namespace sluice::engine::leaf
