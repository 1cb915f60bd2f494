// Replaces all rows of a plain table by writing a new heap and swapping it in: the table's OID, views,
// grants and foreign keys stay, readers see the old rows until the commit. The lock for replacing is held
// by whoever made this sink; the swap takes a stronger one for a moment.
#pragma once

#include "engine/load/in_place.hpp"
#include "engine/load/sink.hpp"
#include "engine/write/index_twin.hpp"
#include "engine/write/table_writer.hpp"

namespace sluice::engine {

class ReplaceSink final : public Sink {
public:
	// The sink closes the destination: its file changes under the relation.
	ReplaceSink(Relation destination, const leaf::TableTraits &traits, ReplaceSinkMode mode, bool direct,
				const LockPatience &patience, RunJournal &journal, bool analyze);
	void Open() override;
	void Write(Batch *batch) override;
	int64_t Finish() override;
	// In place of these three: the new heap was filled, and committed, by others. ACCESS EXCLUSIVE is held on it.
	int64_t FinishWith(Relation heap, int64_t rows);

	bool Analyzed() const override { return analyzed_; }

private:
	int64_t TakeNewHeap(int64_t rows, bool is_new);
	// Whether the destination and its indexes are locked for the swap. Throws where nothing else will do.
	bool LockForSwap(const leaf::IndexTwinList *indexes);
	void LoadInPlace(Oid heap);
	bool AnalyzeNewHeap(Oid heap, const leaf::IndexTwinList *indexes);

	Relation destination_;
	leaf::TableTraits traits_;
	ReplaceSinkMode mode_;
	bool direct_;
	LockPatience patience_;
	RunJournal &journal_;
	bool analyze_;
	bool analyzed_ = false;
	Relation heap_ = nullptr; // the new one
	TableWriter writer_;
};

} // namespace sluice::engine
