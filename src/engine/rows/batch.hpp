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

struct Batch {
	TupleDesc row_type;		// not reference-counted: a pin per slot costs time in the resource owner
	TupleTableSlot **slots; // kBatchRows virtual slots; the first `count` are stored
	int count;
	int64 bytes;		  // estimate of what the values of this batch take
	MemoryContext memory; // by-reference values; reset by ResetBatch
};

namespace leaf {

// In the current memory context; row_type is copied.
Batch *CreateBatch(TupleDesc row_type);
// Clears the slots, frees the values.
void ResetBatch(Batch *batch);

inline bool
BatchIsFull(const Batch *batch)
{
	return batch->count >= kBatchRows || batch->bytes >= kBatchBytes;
}

} // namespace leaf
} // namespace sluice::engine
