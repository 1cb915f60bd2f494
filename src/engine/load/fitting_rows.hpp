// Which rows of a batch fit into the destination (on_reject): its checks are tried, and what its foreign keys name is
// looked up, before the batch is written; what its unique indexes refuse is told afterwards.
#pragma once

#include <functional>
#include <vector>

#include "engine/target/destination.hpp"
#include "engine/write/key_probe.hpp"
#include "engine/write/row_checks.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

class FittingRows {
public:
	using Reject = std::function<void(const TupleTableSlot *row, int64_t position, const Error &error)>;

	// By the rules of the rows alone.
	explicit FittingRows(Relation rows);
	// rows: the destination, or where rows are staged for it; stays open until Close. Throws Error where they lack a
	// column of a foreign key.
	FittingRows(Relation rows, const Destination &destination);
	// Rows that break a rule that they alone can break, or refer to nothing, leave the batch; the others are ready to
	// be written.
	void Check(Batch *batch, const Reject &reject);
	// After that batch was written. Returns how many of its rows were not.
	int RejectConflicts(const Batch *batch, const Reject &reject);
	void Close();

private:
	struct Key {
		leaf::ForeignKey key;
		leaf::KeyProbe *probe;
	};

	void CheckKey(const Key &key, Batch *batch, const Reject &reject);

	Oid owner_ = InvalidOid; // of the destination
	std::vector<Key> keys_;
	leaf::RowChecks checks_{};
	Conflicts *conflicts_;
	std::vector<int64_t> positions_; // of the rows that are written
};

} // namespace sluice::engine
