// Which rows of a batch fit into the destination (on_reject): its checks are tried before the batch is written, and
// what its unique indexes refuse is told afterwards.
#pragma once

#include <functional>
#include <vector>

#include "engine/write/row_checks.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

class FittingRows {
public:
	using Reject = std::function<void(const TupleTableSlot *row, int64_t position, const Error &error)>;

	// The destination stays open until Close.
	explicit FittingRows(Relation destination);
	// Rows that break a rule that they alone can break leave the batch; the others are ready to be written.
	void Check(Batch *batch, const Reject &reject);
	// After that batch was written. Returns how many of its rows were not.
	int RejectConflicts(const Batch *batch, const Reject &reject);
	void Close();

private:
	leaf::RowChecks checks_{};
	Conflicts *conflicts_;
	std::vector<int64_t> positions_; // of the rows that are written
};

} // namespace sluice::engine
