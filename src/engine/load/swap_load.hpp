// Replaces all rows by writing new heaps with their indexes and swapping them in: the OID, views, grants and foreign
// keys stay, and a reader sees all old rows until the commit, or all new ones. A table is a swap of one part; of a
// partitioned table those partitions are parts that rows go to, or that lose theirs. The plan's lock is held; the swap
// takes a stronger one for a moment. An append to a table without rows goes the same way, and takes the ordinary one
// where the swap cannot be at once.
#pragma once

#include <vector>

#include "engine/load/in_place.hpp"
#include "engine/load/load.hpp"
#include "engine/write/index_twin.hpp"
#include "engine/write/partition_router.hpp"
#include "engine/write/table_writer.hpp"

namespace sluice::engine {

class SwapLoad final : public Load {
public:
	// Closes the destination: its file changes under the relation.
	SwapLoad(Relation destination, const leaf::TableTraits &traits, SwapMode mode, bool direct,
			 const LockPatience &patience, RunJournal &journal, bool analyze);
	void Open() override;
	void Write(Batch *batch) override;
	bool TakesRowsAway() override;
	LoadCounts Finish() override;
	// In place of these three, for a table: the new heap was filled, and committed, by others. ACCESS EXCLUSIVE is held
	// on it.
	LoadCounts FinishWith(Relation heap, int64_t rows);

	bool Analyzed() const override { return analyzed_; }

private:
	struct Part {
		Oid table; // the destination, or a partition of it
		Oid heap;
		int64_t rows;
		leaf::IndexTwinList *indexes = nullptr;
	};

	// Statistics of a partitioned table, and where they are until the swap.
	struct Gathered {
		Oid table;
		Oid parent;
		int64_t rows;
	};

	bool IsPartitioned() const { return traits_.kind == RELKIND_PARTITIONED_TABLE; }
	Relation OpenTable(const Part &part) const;
	void CloseTable(const Part &part, Relation table) const;
	void TakeRouted(const leaf::RoutedRows &routed);
	LoadCounts PutIntoPlace(int64_t rows, bool is_new);
	void BuildIndexes();
	bool HasExtendedStatistics();
	void AnalyzeHeaps();
	void AnalyzeBranches();
	void CheckReferences();
	bool MayBeSwapped();
	// Whether all that changes is locked. Throws where nothing else will do.
	bool LockForSwap();
	void LockParts(const LockPatience &patience);
	void LoadInPlace();

	Relation destination_;
	leaf::TableTraits traits_;
	SwapMode mode_;
	bool direct_;
	LockPatience patience_;
	RunJournal &journal_;
	bool analyze_;
	bool analyzed_ = false;
	Relation heap_ = nullptr; // of a table, while it is written
	TableWriter writer_;
	leaf::PartitionRouter *router_ = nullptr; // of a partitioned one
	std::vector<Part> parts_;
	std::vector<Gathered> statistics_;
};

} // namespace sluice::engine
