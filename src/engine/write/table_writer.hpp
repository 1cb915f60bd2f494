// Stores batches in a heap: through shared buffers, or directly where the heap is new in this transaction.
#pragma once

#include "engine/write/direct_writer.hpp"
#include "engine/write/heap_writer.hpp"
#include "engine/write/sample_statistics.hpp"

namespace sluice::engine {

class TableWriter {
public:
	TableWriter() = default;
	TableWriter(const TableWriter &) = delete;
	TableWriter &operator=(const TableWriter &) = delete;

	// options: TABLE_INSERT_*
	void Open(Relation destination, Relation target, int options);
	// For a target without WhyNotNewFile that nothing decodes. analyze: StoreStatistics is to follow, if it can.
	void OpenDirect(Relation destination, Relation target, bool frozen, bool analyze);
	// For a target that others fill in the same way at the same time, nobody reads and nothing decodes; frozen rows.
	// The visibility map is still to be made.
	void OpenShared(Relation destination, Relation target);
	void Write(Batch *batch);
	void Close();
	// After Close: writes what ANALYZE would write about the target's columns. False: ANALYZE has to do it.
	bool StoreStatistics(Oid target);

	int64_t Rows() const { return direct_ != nullptr ? direct_->checks.rows : heap_->checks.rows; }
	// Of what is new in a table that has other rows, too.
	const leaf::HeapWriter &Heap() const { return *heap_; }

private:
	leaf::HeapWriter *heap_ = nullptr;
	leaf::DirectWriter *direct_ = nullptr;
	leaf::SampleStatistics *statistics_ = nullptr;
};

} // namespace sluice::engine
