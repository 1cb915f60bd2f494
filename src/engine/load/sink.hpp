// Where rows go. A run makes one sink, opens it before anything is read from the source, writes batches and
// finishes it; what is left half-way is undone by the transaction's abort.
#pragma once

#include <cstdint>

#include "engine/rows/batch.hpp"

namespace sluice::engine {

class Sink {
public:
	Sink() = default;
	virtual ~Sink() = default;
	Sink(const Sink &) = delete;
	Sink &operator=(const Sink &) = delete;

	// Takes what must be taken first (locks were taken by whoever chose the sink) and gets ready. Throws.
	virtual void Open() = 0;
	// Rows in the destination's row type. The batch is the caller's and may be reset afterwards. Throws.
	virtual void Write(Batch *batch) = 0;
	// Checks what can only be checked at the end, makes the rows the destination's. Returns how many. Throws.
	virtual int64_t Finish() = 0;
	// Whether Finish has analyzed the destination already.
	virtual bool Analyzed() const { return false; }
};

} // namespace sluice::engine
