#include "engine/source/executor_reader.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

ExecutorReader::ExecutorReader(const leaf::AnalyzedQuery *analyzed, List *target_list, TupleDesc row_type,
							   leaf::FetchSize fetch, RunJournal &journal, const leaf::ScanScope &scope)
	: scan_(pg::Call(leaf::BeginExecutorScan, analyzed, target_list, fetch, &scope))
{
	if (scan_->tuned > 0) {
		journal.Info(Format("{} of postgres_fdw: up to {} rows are fetched at a time",
							scan_->tuned == 1 ? "a scan" : Format("{} scans", scan_->tuned), fetch.rows));
	}
	if (row_type == nullptr) {
		row_type = leaf::ScanRowType(scan_);
	}
	batch_ = pg::Call(leaf::CreateBatch, row_type);
}

Batch *
ExecutorReader::Next()
{
	pg::Call(leaf::ResetBatch, batch_);
	if (!more_) {
		return nullptr;
	}
	more_ = pg::Call(leaf::FillFromExecutor, scan_, batch_);
	rows_ += batch_->count;
	bytes_ += batch_->bytes;
	return batch_->count > 0 ? batch_ : nullptr;
}

void
ExecutorReader::Finish()
{
	pg::Call(leaf::EndExecutorScan, scan_);
}

} // namespace sluice::engine
