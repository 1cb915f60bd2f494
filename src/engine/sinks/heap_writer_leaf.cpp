#include "engine/sinks/heap_writer_leaf.hpp"

#include "pg/compat.hpp"

namespace sluice::engine::leaf {

namespace {

void
NameRow(void *argument)
{
	const auto *writer = static_cast<const HeapWriter *>(argument);
	if (writer->row >= 0) {
		errcontext("row " INT64_FORMAT " loaded into \"%s\"", writer->rows + writer->row + 1,
				   RelationGetRelationName(writer->destination));
	} else {
		errcontext("rows " INT64_FORMAT " and following loaded into \"%s\"", writer->rows + 1,
				   RelationGetRelationName(writer->destination));
	}
}

void
CheckRows(HeapWriter *writer, Batch *batch)
{
	for (int i = 0; i < batch->count; ++i) {
		TupleTableSlot *slot = batch->slots[i];
		writer->row = i;
		ResetPerTupleExprContext(writer->estate);
		slot->tts_tableOid = RelationGetRelid(writer->destination);
		if (writer->has_generated) {
			ExecComputeStoredGenerated(writer->result, writer->estate, slot, CMD_INSERT);
		}
		if (writer->has_constraints) {
			ExecConstraints(writer->result, slot, writer->estate);
		}
	}
	writer->row = -1;
}

void
InsertIntoIndexes(HeapWriter *writer, Batch *batch)
{
	for (int i = 0; i < batch->count; ++i) {
		CHECK_FOR_INTERRUPTS();
		writer->row = i;
		ResetPerTupleExprContext(writer->estate);
		pg::compat::InsertIndexTuples(writer->result, batch->slots[i], writer->estate);
	}
	writer->row = -1;
}

} // namespace

HeapWriter *
OpenHeapWriter(Relation destination, Relation target, int options)
{
	auto *writer = static_cast<HeapWriter *>(palloc0(sizeof(HeapWriter)));
	writer->destination = destination;
	writer->target = target;
	writer->options = options;
	writer->row = -1;
	writer->first_block = InvalidBlockNumber;
	writer->estate = CreateExecutorState();
	MemoryContext old = MemoryContextSwitchTo(writer->estate->es_query_cxt);

	TupleDesc row_type = RelationGetDescr(destination);
	Bitmapset *inserted = nullptr;
	for (int i = 0; i < row_type->natts; ++i) {
		inserted = bms_add_member(inserted, i + 1 - FirstLowInvalidHeapAttributeNumber);
	}
	pg::compat::InitTargetRangeTable(writer->estate, destination, inserted);
	writer->result = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->result, destination, 1, nullptr, 0);
	pg::compat::CheckTargetOf(writer->result, CMD_INSERT);
	writer->has_indexes = target == destination && destination->rd_rel->relhasindex;
	if (writer->has_indexes) {
		ExecOpenIndices(writer->result, false);
	}
	MemoryContextSwitchTo(old);

	const TupleConstr *rules = row_type->constr;
	writer->has_generated = rules != nullptr && rules->has_generated_stored;
	writer->has_constraints = rules != nullptr && (rules->has_not_null || rules->num_check > 0);
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
	callback.arg = writer;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	MemoryContext old = MemoryContextSwitchTo(writer->scratch);

	if (writer->has_constraints || writer->has_generated) {
		CheckRows(writer, batch);
	}
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
	MemoryContextSwitchTo(old);
	MemoryContextReset(writer->scratch);
	error_context_stack = callback.previous;
	writer->rows += batch->count;
}

void
CloseHeapWriter(HeapWriter *writer)
{
	FreeBulkInsertState(writer->bulk);
	table_finish_bulk_insert(writer->target, writer->options);
	if (writer->has_indexes) {
		ExecCloseIndices(writer->result);
	}
	MemoryContextDelete(writer->scratch);
	FreeExecutorState(writer->estate);
}

} // namespace sluice::engine::leaf
