// Replaces all rows of a plain table by writing a new heap and swapping it in: the table's OID, views,
// grants and foreign keys stay, readers see the old rows until the commit. The lock for replacing is held
// by whoever made this sink; the swap takes a stronger one for a moment.
#pragma once

#include "engine/destination_leaf.hpp"
#include "engine/sinks/heap_writer_leaf.hpp"
#include "engine/sinks/index_twins_leaf.hpp"
#include "engine/sinks/sink.hpp"
#include "engine/timed_lock.hpp"

namespace sluice::engine {

class ReplaceSink final : public Sink {
public:
	// The sink closes the destination: its file changes under the relation.
	ReplaceSink(Relation destination, const leaf::TableTraits &traits, const LockPatience &patience,
				RunJournal &journal, bool analyze);
	void Open() override;
	void Write(Batch *batch) override;
	int64_t Finish() override;

	bool Analyzed() const override { return analyzed_; }

private:
	bool AnalyzeNewHeap(Oid heap, const leaf::IndexTwinList *indexes);

	Relation destination_;
	leaf::TableTraits traits_;
	LockPatience patience_;
	RunJournal &journal_;
	bool analyze_;
	bool analyzed_ = false;
	Relation heap_ = nullptr; // the new one
	leaf::HeapWriter *writer_ = nullptr;
};

} // namespace sluice::engine
