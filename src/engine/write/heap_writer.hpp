// The fast way into a plain table: constraints and generated columns per row, table_multi_insert per batch,
// index entries per row. What a batch needs is freed with it.
#pragma once

#include "engine/rows/batch.hpp"
#include "engine/write/row_checks.hpp"

namespace sluice::engine::leaf {

struct HeapWriter {
	RowChecks checks;
	Relation target; // where rows go: the destination, or the heap that will replace its own
	BulkInsertState bulk;
	CommandId command;
	int options;
	MemoryContext scratch;
	bool has_indexes;
	TransactionId transaction; // that wrote the rows
	BlockNumber first_block;   // lowest block written to
};

// With frozen rows the target must be new in this (sub)transaction. Indexes are kept up only where the
// target is the destination itself.
HeapWriter *OpenHeapWriter(Relation destination, Relation target, int options);
void WriteHeap(HeapWriter *writer, Batch *batch);
void CloseHeapWriter(HeapWriter *writer);

} // namespace sluice::engine::leaf
