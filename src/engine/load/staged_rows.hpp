// Rows kept for SQL: a temporary table that batches are written into, dropped when the run is done.
#pragma once

#include <string>

#include "engine/rows/batch.hpp"
#include "engine/write/heap_writer.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

// Of a temporary table that is to be made, qualified: the session may have tables of its own.
std::string FreeTemporaryName(const char *wanted);

class StagedRows {
public:
	// columns: "(a integer, b text)". rules: "ADD CHECK (...)"; '': none. Throws.
	void Open(const std::string &columns, const std::string &rules = {});
	void Write(Batch *batch) { pg::Call(leaf::WriteHeap, writer_, batch); }
	// From now on queries see them.
	void Close();

	// Qualified; '' before Open.
	const std::string &Name() const { return name_; }
	int64_t Rows() const { return rows_; }
	// From Open to Close.
	Relation Table() const { return table_; }
	void Drop();

private:
	std::string name_;
	Relation table_ = nullptr;
	leaf::HeapWriter *writer_ = nullptr;
	int64_t rows_ = 0;
};

} // namespace sluice::engine
