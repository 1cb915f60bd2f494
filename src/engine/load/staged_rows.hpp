// Rows kept for SQL: a temporary table that a stream was written into, dropped when the run is done.
#pragma once

#include <functional>
#include <string>

#include "engine/rows/row_reader.hpp"

namespace sluice::engine {

class StagedRows {
public:
	// columns: "(a integer, b text)". on_batch is called after each batch. Throws.
	void Fill(RowReader &stream, const std::string &columns, const std::function<void(const Batch &)> &on_batch);

	// Qualified; '' before Fill.
	const std::string &Name() const { return name_; }
	int64_t Rows() const { return rows_; }
	void Drop();

private:
	std::string name_;
	int64_t rows_ = 0;
};

} // namespace sluice::engine
