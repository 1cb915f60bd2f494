// Every source that this database's own executor can read: local tables and queries, foreign tables. Columns
// and filter are part of the one query, so push-down is the planner's.
#pragma once

#include "core/run_journal.hpp"
#include "engine/rows/row_reader.hpp"
#include "engine/source/executor_scan.hpp"

namespace sluice::engine {

class ExecutorReader final : public RowReader {
public:
	// Rows get row_type; NULL: the query's own.
	ExecutorReader(const leaf::AnalyzedQuery *analyzed, List *target_list, TupleDesc row_type, leaf::FetchSize fetch,
				   RunJournal &journal, const leaf::ScanScope &scope = {});
	Batch *Next() override;
	void Finish() override;
	void Stop() override { Finish(); }
	TupleDesc RowType() const { return batch_->row_type; }
	int64_t RowsRead() const override { return rows_; }
	int64_t BytesRead() const override { return bytes_; }
	int64_t RowsExpected() const override { return leaf::PlannedRows(scan_); }

private:
	leaf::ExecutorScan *scan_;
	Batch *batch_ = nullptr;
	bool more_ = true;
	int64_t rows_ = 0;
	int64_t bytes_ = 0;
};

} // namespace sluice::engine
