// A batch of rows on their way from a source to a load: virtual slots plus the memory their values
// live in. Bounded by rows and by bytes, reset as a whole, never row by row.
//
// Leaf regime: plain data, plain functions that may raise; call them through pg::Call from C++ frames
// that own anything.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine {

inline constexpr int kBatchRows = 1000;
inline constexpr int64 kBatchBytes = 1024 * 1024;

// A row that is not stored, because another one has its key.
struct Conflict {
	int row; // in the batch
	int sqlstate;
	const char *constraint;
	const char *message;
	const char *detail; // NULL: the user may not see it
};

struct Conflicts {
	int count;
	Conflict list[kBatchRows];
	MemoryContext memory; // of the texts
};

struct Batch {
	TupleDesc row_type;		// not reference-counted: a pin per slot costs time in the resource owner
	TupleTableSlot **slots; // kBatchRows virtual slots; the first `count` are stored
	int count;
	int64 bytes;		  // estimate of what the values of this batch take
	MemoryContext memory; // by-reference values; reset by ResetBatch
	bool is_checked;	  // against the constraints that a row alone can break
	Conflicts *conflicts; // where rows that other rows stand against are noted; NULL: they are errors
};

namespace leaf {

// Which row of the source's extract a slot holds, from 1; it goes with the slot until the row is stored.
inline void
SetPosition(TupleTableSlot *slot, int64 position)
{
	BlockIdSet(&slot->tts_tid.ip_blkid, static_cast<BlockNumber>(position));
	slot->tts_tid.ip_posid = static_cast<OffsetNumber>(position >> 32);
}

inline int64
PositionOf(const TupleTableSlot *slot)
{
	return static_cast<int64>(BlockIdGetBlockNumber(&slot->tts_tid.ip_blkid)) |
		   static_cast<int64>(slot->tts_tid.ip_posid) << 32;
}

// In the current memory context; row_type is copied.
Batch *CreateBatch(TupleDesc row_type);
// Clears the slots, frees the values.
void ResetBatch(Batch *batch);

// A row with its values; its columns are there.
void AppendCopy(Batch *batch, const TupleTableSlot *row);

// The order of the others stays.
void TakeOutRow(Batch *batch, int index);

inline bool
BatchIsFull(const Batch *batch)
{
	return batch->count >= kBatchRows || batch->bytes >= kBatchBytes;
}

} // namespace leaf
} // namespace sluice::engine
