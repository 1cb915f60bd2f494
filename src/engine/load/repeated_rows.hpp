// Rows on their way to another server, kept as they are sent until it has taken them: any of them can be sent again.
// In memory up to work_mem, then in a temporary file.
#pragma once

#include <functional>
#include <vector>

#include "engine/rows/batch.hpp"

namespace sluice::engine {

class RepeatedRows {
public:
	// The row type is copied.
	explicit RepeatedRows(TupleDesc row_type);

	void Keep(const Batch *rows);
	int64_t Count() const { return count_; }
	// Those from `first`, counted from 0, to before `end`, but for the ones in `without`, which are in order. No more
	// are kept after that.
	void Give(int64_t first, int64_t end, const std::vector<int64_t> &without,
			  const std::function<void(Batch *)> &write);
	void Drop();

private:
	void Mark();

	Tuplestorestate *rows_;
	Batch *batch_;
	TupleTableSlot *slot_;
	int64_t count_ = 0;
	int64_t step_ = 0; // rows from one mark to the next
	int reader_ = 0;
	std::vector<int> marks_;
};

} // namespace sluice::engine
