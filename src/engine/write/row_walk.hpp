// Rows that come, told apart by what a heap has: a row that is there with the same values only leaves its mark, the
// others are left for the caller to stage. Behind a row's columns are the table of the row that it is to replace, NULL
// where that is the same, and its place, NULL where there is none.
#pragma once

#include "engine/rows/batch.hpp"
#include "engine/write/heap_walk.hpp"

namespace sluice::engine::leaf {

struct RowWalk {
	HeapWalk *heap;
	MemoryContext memory; // of what is kept from batch to batch
	int part_column;	  // of the rows that come; the place is behind it
	bool keeps_same;	  // rows that are the same are to be staged, too
	Batch *first;		  // rows as the heap has them, that came before those of the batch; NULL: there were none yet
	int64 rows;			  // that came
	int64 fresh;		  // of these, those that are not there
	int64 differing;
	int64 repeated; // whose row had been met
};

RowWalk *OpenRowWalk(HeapWalk *heap, int part_column, bool keeps_same);
// Leaves in the batch the rows that are to be staged. Returns rows that are to be staged before them, or NULL: where
// one of them had come before and was the same as the heap's, it is needed beside its like.
Batch *WalkRows(RowWalk *walk, Batch *batch);
// Of rows that are staged without being looked for.
void LeavePlacesOut(const RowWalk *walk, Batch *batch);

// Fills the batch, of table and place, with rows that were not met; false at the end.
bool FillUnmet(HeapWalk *walk, Batch *batch);

} // namespace sluice::engine::leaf
