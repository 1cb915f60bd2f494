// Rows of a heap found by their keys, for rows that come in much the same order as they lie in: beside the stream a
// walk goes through the heap, and where its next row has the key, nothing else is looked at. Else the unique index on
// the keys is asked. All rows that were met are marked. The caller's lock keeps writers out.
#pragma once

#include "engine/write/place_marks.hpp"

namespace sluice::engine::leaf {

// A column of the rows that come.
struct WalkedColumn {
	AttrNumber number; // in the heap
	bool is_key;
	bool is_compared;
};

// A column that says what a row of the heap counts as.
struct WalkedFlag {
	AttrNumber number; // 0: there is none
	bool is_time;	   // it says so where it is not null; else where it is true
};

struct HeapWalk {
	Relation heap;
	Relation index;
	Snapshot snapshot;
	BufferAccessStrategy strategy;
	MemoryContext memory;  // of the index scan, which keeps what it needs
	MemoryContext scratch; // of what comparisons need
	BlockNumber blocks;
	PlaceMarks *marks;
	WalkedFlag current; // only rows of which it says so count
	WalkedFlag marked;	// they count as gone

	int column_count;
	const WalkedColumn *columns;
	AttrNumber last_compared;

	// Keys in the order of the index.
	int key_count;
	int keys[INDEX_MAX_KEYS]; // columns
	FmgrInfo equal[INDEX_MAX_KEYS];
	ScanKeyData scan_keys[INDEX_MAX_KEYS];
	IndexScanDesc scan;
	TupleTableSlot *found;
	BlockNumber last_found;

	// Where the walk is.
	BlockNumber block;
	Buffer buffer;
	int place_count;
	int next;
	OffsetNumber places[MaxHeapTuplesPerPage]; // of visible rows of the page
	HeapTupleData tuple;
	TupleTableSlot *here; // empty: at the end
	bool is_taken;		  // here is the row that was found last

	int64 walked; // rows that were found by the walk
	int64 probed;
};

// With the locks that are held. index: the name of one that is unique on the keys.
HeapWalk *OpenHeapWalk(Oid heap, const char *index, WalkedFlag current, WalkedFlag marked, const WalkedColumn *columns,
					   int column_count);
// The row that has the key; NULL where there is none. Valid until the next call.
TupleTableSlot *FindRow(HeapWalk *walk, TupleTableSlot *row);
// By the images of what is compared.
bool IsSameRow(const HeapWalk *walk, TupleTableSlot *row, TupleTableSlot *found);
bool SaysSo(const WalkedFlag *flag, TupleTableSlot *row);
// From now on NextUnmet gives the rows that count, are not marked and were not met; NULL at the end.
void BeginUnmet(HeapWalk *walk);
TupleTableSlot *NextUnmet(HeapWalk *walk);
void CloseHeapWalk(HeapWalk *walk);

} // namespace sluice::engine::leaf
