#include "engine/source/scanned_source.hpp"

namespace sluice::engine {

namespace {

leaf::ExecutorScan *
Begin(const RunInput &input)
{
	MappingInput plain = input.Mapping();
	plain.columns.reset();
	plain.naming = ColumnCase::Keep;
	plain.types.clear();
	plain.stamped = false;
	MappedQuery const query(plain);
	leaf::ScanScope const scope{};
	return pg::Call(leaf::BeginExecutorScan, query.Analyzed(), pg::Call(leaf::OwnTargetList, query.Analyzed()),
					input.Fetch(), &scope);
}

} // namespace

ScannedSource::ScannedSource(const RunInput &input, RunJournal &journal) : label_(input.Label()), scan_(Begin(input))
{
	if (scan_->tuned > 0) {
		journal.Info(Format("foreign scans fetch up to {} rows at a time", input.Fetch().rows));
	}
}

// Outside of any subtransaction: what a scan holds on to stays held from one batch to the next.
bool
ScannedSource::Fill(Batch *batch)
{
	if (!more_) {
		return false;
	}
	more_ = pg::Call(leaf::FillFromExecutor, scan_, batch);
	rows_ += batch->count;
	bytes_ += batch->bytes;
	return batch->count > 0;
}

void
ScannedSource::Finish()
{
	pg::Call(leaf::EndExecutorScan, scan_);
}

MappingInput
ScannedSource::Mapping(const RunInput &input) const
{
	MappingInput mapping = input.Mapping();
	mapping.from.clear();
	mapping.source_row = RowType();
	mapping.filter.reset();
	return mapping;
}

} // namespace sluice::engine
