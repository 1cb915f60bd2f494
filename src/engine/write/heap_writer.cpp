#include "engine/write/heap_writer.hpp"

#include "engine/write/index_conflict.hpp"
#include "pg/compat.hpp"

namespace sluice::engine::leaf {

namespace {

void
InsertIntoIndexes(HeapWriter *writer, Batch *batch)
{
	RowChecks *checks = &writer->checks;
	for (int i = 0; i < batch->count; ++i) {
		CHECK_FOR_INTERRUPTS();
		checks->row = i;
		ResetPerTupleExprContext(checks->estate);
		if (batch->conflicts == nullptr) {
			pg::compat::InsertIndexTuples(checks->result, batch->slots[i], checks->estate);
		} else if (pg::compat::InsertIndexTuplesAnyway(checks->result, batch->slots[i], checks->estate) != NIL) {
			AddConflict(batch->conflicts, i);
		}
	}
	checks->row = -1;
}

} // namespace

HeapWriter *
OpenHeapWriter(Relation destination, Relation target, int options)
{
	auto *writer = static_cast<HeapWriter *>(palloc0(sizeof(HeapWriter)));
	writer->target = target;
	writer->options = options;
	writer->first_block = InvalidBlockNumber;
	OpenRowChecks(&writer->checks, destination);
	writer->has_indexes = target == destination && destination->rd_rel->relhasindex;
	if (writer->has_indexes) {
		MemoryContext old = MemoryContextSwitchTo(writer->checks.estate->es_query_cxt);
		// As for ON CONFLICT: what unique indexes compare with is at hand.
		ExecOpenIndices(writer->checks.result, true);
		MemoryContextSwitchTo(old);
	}
	writer->bulk = GetBulkInsertState();
	writer->command = GetCurrentCommandId(true);
	writer->transaction = GetCurrentTransactionId();
	writer->scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice heap writer", ALLOCSET_DEFAULT_SIZES);
	return writer;
}

void
WriteHeap(HeapWriter *writer, Batch *batch)
{
	if (batch->count == 0) {
		return;
	}
	CHECK_FOR_INTERRUPTS();
	ErrorContextCallback callback;
	callback.callback = NameRow;
	callback.arg = &writer->checks;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	MemoryContext old = MemoryContextSwitchTo(writer->scratch);

	CheckRows(&writer->checks, batch);
	table_multi_insert(writer->target, batch->slots, batch->count, writer->command, writer->options, writer->bulk);
	for (int i = 0; i < batch->count; ++i) {
		BlockNumber const block = ItemPointerGetBlockNumberNoCheck(&batch->slots[i]->tts_tid);
		if (block < writer->first_block) {
			writer->first_block = block;
		}
	}
	if (writer->has_indexes) {
		InsertIntoIndexes(writer, batch);
	}
	int gone = 0;
	if (batch->conflicts != nullptr) {
		SettleConflicts(&writer->checks, writer->target, batch);
		gone = batch->conflicts->count;
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(writer->scratch);
	error_context_stack = callback.previous;
	writer->checks.rows += batch->count - gone;
}

void
CloseHeapWriter(HeapWriter *writer)
{
	FreeBulkInsertState(writer->bulk);
	table_finish_bulk_insert(writer->target, writer->options);
	if (writer->has_indexes) {
		ExecCloseIndices(writer->checks.result);
	}
	MemoryContextDelete(writer->scratch);
	CloseRowChecks(&writer->checks);
}

} // namespace sluice::engine::leaf
