// Rows kept as a whole outside any table, in memory and then in a temporary file, for a query that calls them source:
// also where no temporary table may be made, in a read-only transaction or a security-restricted operation.
#pragma once

#include "engine/rows/row_reader.hpp"
#include "engine/source/executor_scan.hpp"

namespace sluice::engine {

class RowStore {
public:
	// In the current memory context.
	explicit RowStore(TupleDesc row_type);

	void Keep(const Batch *batch);
	// All that the reader has.
	void KeepAll(RowReader &reader);
	int64_t Rows() const { return count_; }
	TupleDesc RowType() const { return row_type_; }
	// For a scan over them.
	leaf::ScanScope Scope(int64_t most_rows) const { return {most_rows, rows_, row_type_}; }
	void Drop();

private:
	TupleDesc row_type_;
	Tuplestorestate *rows_;
	int64_t count_ = 0;
};

} // namespace sluice::engine
