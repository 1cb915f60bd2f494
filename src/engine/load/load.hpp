// How rows become the destination's, one class for each way that a plan may choose. A run makes one (make_load.hpp),
// opens it before anything is read from the source, writes batches and finishes it; what is left half-way is undone by
// the transaction's abort.
#pragma once

#include <cstdint>

#include "engine/rows/batch.hpp"

namespace sluice::engine {

class Workplace;

// What became of the rows. A replace counts what it puts in, not what was there before.
struct LoadCounts {
	int64_t inserted = 0;
	int64_t updated = 0;
	int64_t deleted = 0;
	int64_t unchanged = 0; // there already, with the same values: not written
	int64_t duplicate = 0; // read again, or more than once: another row stands for it
	int64_t rejected = 0;  // did not fit, and were put aside
	int64_t filtered = 0;  // read, and left out by columns, filter or a trigger of the destination

	// Rows that the query gave.
	int64_t Arrived() const { return inserted + updated + unchanged + duplicate + rejected; }
	int64_t Processed() const { return inserted + updated + deleted; }
};

class Load {
public:
	Load() = default;
	virtual ~Load() = default;
	Load(const Load &) = delete;
	Load &operator=(const Load &) = delete;

	// Takes what must be taken first (the plan's lock is held) and gets ready. Throws.
	virtual void Open() = 0;
	// Where rows are staged, in a row type of its own; NULL: they have the destination's.
	virtual Workplace *Place() const { return nullptr; }
	// Rows in the destination's row type. The batch is the caller's and may be reset afterwards. Throws.
	virtual void Write(Batch *batch) = 0;
	// Of a replace, in place of more rows and before Finish: whether it takes rows away.
	virtual bool TakesRowsAway() { return false; }
	// Checks what can only be checked at the end, makes the rows the destination's. Throws.
	virtual LoadCounts Finish() = 0;
	// Whether Finish has analyzed the destination already.
	virtual bool Analyzed() const { return false; }
};

} // namespace sluice::engine
