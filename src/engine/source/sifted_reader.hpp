// Rows of the executor without those that were loaded before. It gives the columns that they are known by behind those
// that are loaded.
#pragma once

#include <memory>

#include "engine/source/executor_reader.hpp"
#include "engine/source/known_rows.hpp"

namespace sluice::engine {

class SiftedReader final : public RowReader {
public:
	// visible: how many columns are handed on, as row_type; NULL: as the query gives them.
	SiftedReader(std::unique_ptr<ExecutorReader> reader, KnownRows &known, int visible, TupleDesc row_type);
	Batch *Next() override;
	void Finish() override { reader_->Finish(); }
	void Stop() override { reader_->Stop(); }
	int64_t RowsRead() const override { return reader_->RowsRead(); }
	int64_t BytesRead() const override { return reader_->BytesRead(); }
	int64_t RowsExpected() const override { return reader_->RowsExpected(); }

private:
	std::unique_ptr<ExecutorReader> reader_;
	KnownRows &known_;
	int visible_;
	Batch *batch_;
};

} // namespace sluice::engine
