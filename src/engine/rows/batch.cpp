#include "engine/rows/batch.hpp"

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

} // namespace sluice::engine::leaf
