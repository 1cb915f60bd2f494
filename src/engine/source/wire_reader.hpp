// Rows of a source of our own, projected slot to slot into the destination's shape, or handed on as they
// are where the shapes are the same.
#pragma once

#include "engine/rows/row_reader.hpp"
#include "engine/source/known_rows.hpp"
#include "engine/source/quarantine.hpp"
#include "engine/source/wire_source.hpp"
#include "engine/transform/projection.hpp"

namespace sluice::engine {

class WireReader final : public RowReader {
public:
	// The source's own rows.
	explicit WireReader(WireSource &source);
	// Filtered and projected. row_type: the destination's.
	WireReader(WireSource &source, const leaf::AnalyzedQuery *analyzed, List *target_list, TupleDesc row_type);
	// Rows that were loaded before are taken out. Before the start: it looks at all columns.
	void Recognize(KnownRows *known);
	// Rows that do not fit are put there. Before the start: it tells all columns of a row.
	void PutAside(Quarantine *quarantine);
	// One of the rows that Next gave last does not fit. position: as it had it then.
	void Reject(const TupleTableSlot *row, int64_t position, const Error &error);
	// Sends the query, once the load is open; Next does it otherwise.
	void Start();
	Batch *Next() override;
	// The source's rows among which those are that the last of Next were made of.
	const Batch *Origins() const { return in_; }
	void Finish() override;
	void Stop() override;
	// So many rows of the projection, and then no more are computed.
	void LimitTo(int64_t rows) { wanted_ = rows; }
	int64_t RowsRead() const override { return source_.RowsRead(); }
	int64_t BytesRead() const override { return source_.BytesRead(); }
	int64_t RowsExpected() const override { return source_.RowsExpected(); }
	// After the end: the query once more, which may ask for something else by now.
	void Restart();
	// Whether rows pass through without a projection.
	bool PassesThrough() const { return projection_ == nullptr; }

private:
	bool Refill();
	bool Project(int most);

	WireSource &source_;
	Batch *in_ = nullptr;
	Batch *out_ = nullptr;
	leaf::Projection *projection_ = nullptr;
	const leaf::AnalyzedQuery *analyzed_ = nullptr;
	List *target_list_ = nullptr;
	KnownRows *known_ = nullptr;
	Quarantine *quarantine_ = nullptr;
	std::vector<bool> used_; // columns of the source
	int64_t wanted_ = std::numeric_limits<int64_t>::max();
	bool started_ = false;
	bool more_ = true;	   // the source may have more rows
	bool pending_ = false; // in_ holds rows that are not projected yet
};

} // namespace sluice::engine
