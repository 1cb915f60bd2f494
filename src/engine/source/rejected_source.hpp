// Rows that were put aside, once more (replay_rejects): the texts that were kept of them, read in as values of the
// types that the source has now, in place of what the source would send.
#pragma once

#include "catalog/reject_store.hpp"
#include "engine/source/wire_source.hpp"

namespace sluice::engine {

class RejectedSource final : public WireSource {
public:
	// like: the source that they came from, which is asked for its columns alone.
	RejectedSource(const WireSource &like, std::string pipeline_id, std::string run_id, bool null_zero_dates);

	std::string Label() const override { return "rejected rows of " + like_.Label(); }
	TupleDesc RowType() const override { return like_.RowType(); }
	bool TravelsAsText(int attribute_index) const override { return like_.TravelsAsText(attribute_index); }
	const std::vector<ColumnMeaning> &Meaning() const override { return like_.Meaning(); }
	std::string Filter(const std::string & /*condition*/, bool /*compares_text*/) override { return Label(); }
	std::string FilterAsThere(const std::string & /*condition*/) override { return Label(); }
	std::string RemoteStatement(const std::vector<bool> & /*needed*/) const override { return {}; }
	void Start(const std::vector<bool> & /*needed*/) override {}
	bool Fill(Batch *batch) override;
	bool SkipBadRow(BadRow *row) override;
	int64_t BytesRead() const override { return bytes_; }
	int64_t RowsRead() const override { return rows_; }
	int64_t RowsExpected() const override { return 0; }
	void Finish() override {}

private:
	bool NextPage();

	const WireSource &like_;
	std::string pipeline_id_;
	std::string run_id_;
	bool null_zero_dates_;
	std::vector<catalog::KeptRow> page_;
	size_t next_ = 0;
	bool over_ = false;	 // there is no other page
	int attribute_ = -1; // being read in; -1: none
	int64_t rows_ = 0;
	int64_t bytes_ = 0;
};

} // namespace sluice::engine
