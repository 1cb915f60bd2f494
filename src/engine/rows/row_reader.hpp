// Where batches come from: rows in the shape the load wants, pulled one batch at a time.
#pragma once

#include <cstdint>

#include "engine/rows/batch.hpp"

namespace sluice::engine {

class RowReader {
public:
	RowReader() = default;
	virtual ~RowReader() = default;
	RowReader(const RowReader &) = delete;
	RowReader &operator=(const RowReader &) = delete;

	// The next batch, or NULL at the end. Valid until the next call. Throws.
	virtual Batch *Next() = 0;
	// Checks that the source ended cleanly and leaves it. Throws.
	virtual void Finish() = 0;
	// Leaves off where it is: more rows are not wanted. Throws.
	virtual void Stop() = 0;
	virtual int64_t RowsRead() const = 0;
	virtual int64_t BytesRead() const = 0;
	// The planner's estimate, of the source's or of this server's; 0: unknown.
	virtual int64_t RowsExpected() const = 0;
};

} // namespace sluice::engine
