// What the executor reads, without the pipeline's columns: its rows are projected one by one, as those of a wire are,
// so that one that does not fit can be put aside. The filter stays with the query, where an index or a wrapper serves
// it.
#pragma once

#include "engine/source/executor_scan.hpp"
#include "engine/source/run_input.hpp"
#include "engine/source/wire_source.hpp"

namespace sluice::engine {

class ScannedSource final : public WireSource {
public:
	// Planned and started at once: what is written afterwards it does not see.
	ScannedSource(const RunInput &input, RunJournal &journal);

	std::string Label() const override { return label_; }
	TupleDesc RowType() const override { return leaf::ScanRowType(scan_); }
	bool TravelsAsText(int /*attribute_index*/) const override { return false; }
	const std::vector<ColumnMeaning> &Meaning() const override { return meaning_; }
	std::string Filter(const std::string & /*condition*/, bool /*compares_text*/) override { return label_; }
	std::string FilterAsThere(const std::string & /*condition*/) override { return label_; }
	std::string RemoteStatement(const std::vector<bool> & /*needed*/) const override { return {}; }
	void Start(const std::vector<bool> & /*needed*/) override {}
	bool Fill(Batch *batch) override;
	bool MayGoOn() const override { return false; }
	int64_t BytesRead() const override { return bytes_; }
	int64_t RowsRead() const override { return rows_; }
	int64_t RowsExpected() const override { return leaf::PlannedRows(scan_); }
	void Finish() override;

	// The pipeline's columns over these rows.
	MappingInput Mapping(const RunInput &input) const;

private:
	std::string label_;
	std::vector<ColumnMeaning> meaning_;
	leaf::ExecutorScan *scan_;
	int64_t rows_ = 0;
	int64_t bytes_ = 0;
	bool more_ = true;
};

} // namespace sluice::engine
