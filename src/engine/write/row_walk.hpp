// Rows that come, told apart by what a heap has: a row that is there with the same values only leaves its mark, the
// others are left for the caller to stage, with the place of the row that each is to replace.
#pragma once

#include "engine/rows/batch.hpp"
#include "engine/write/heap_walk.hpp"

namespace sluice::engine::leaf {

struct RowWalk {
	HeapWalk *heap;
	MemoryContext memory; // of what is kept from batch to batch
	int part_column;	  // of the rows that come: where the table of a row is put, and behind it its place
	Batch *first;		  // rows as the heap has them, that came before those of the batch; NULL: there were none yet
	int64 rows;			  // that came
	int64 repeated;		  // of these, those whose row had been met
};

RowWalk *OpenRowWalk(HeapWalk *heap, int part_column);
// Leaves in the batch the rows that are new, differ, or came before. Returns rows that are to be staged first, or NULL:
// where one of them had come before and was the same as the heap's, it is needed beside its like.
Batch *WalkRows(RowWalk *walk, Batch *batch);

// Fills the batch, of table and place, with rows that were not met; false at the end.
bool FillUnmet(HeapWalk *walk, Batch *batch);

} // namespace sluice::engine::leaf
