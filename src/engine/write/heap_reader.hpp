// Reads back a heap that this run has written, in batches.
#pragma once

#include "engine/rows/batch.hpp"

namespace sluice::engine::leaf {

struct HeapReader {
	Relation heap;
	Snapshot snapshot;
	TableScanDesc scan;
	TupleTableSlot *slot;
	Batch *batch;
	bool at_end; // a scan that is asked again starts again
};

HeapReader *OpenHeapReader(Relation heap);
// The next rows, valid until the next call; NULL at the end.
Batch *ReadHeap(HeapReader *reader);
void CloseHeapReader(HeapReader *reader);

} // namespace sluice::engine::leaf
