// Replaces all rows of a partitioned table: each partition gets a new heap with its indexes, and all of them are
// swapped in together at the end, so a reader sees all old rows or all new ones. Partitions that had no rows and get
// none are left alone. The lock for replacing is held on the table and its partitions by whoever made this sink. An
// append to a table without rows goes the same way, and takes the ordinary one where the swap cannot be at once.
#pragma once

#include "engine/load/replace_sink.hpp"
#include "engine/load/sink.hpp"
#include "engine/target/table_facts.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/write/index_twin.hpp"
#include "engine/write/partition_router.hpp"

namespace sluice::engine {

class PartitionReplaceSink final : public Sink {
public:
	// The sink closes the destination.
	PartitionReplaceSink(Relation destination, const leaf::TableTraits &traits, ReplaceSinkMode mode, bool direct,
						 const LockPatience &patience, RunJournal &journal, bool analyze)
		: destination_(destination), traits_(traits), mode_(mode), direct_(direct), patience_(patience),
		  journal_(journal), analyze_(analyze)
	{}
	void Open() override;
	void Write(Batch *batch) override;
	int64_t Finish() override;

	bool Analyzed() const override { return analyzed_; }

private:
	struct Part {
		Oid partition;
		Oid heap;
		int64_t rows;
		leaf::IndexTwinList *indexes;
	};

	// Statistics of a partitioned table, and where they are until the swap.
	struct Gathered {
		Oid table;
		Oid parent;
		int64_t rows;
	};

	void TakeParts(const leaf::RoutedRows &routed);
	void BuildIndexes();
	bool HasExtendedStatistics();
	void AnalyzeNewHeaps();
	void CheckReferences();
	bool MayBeSwapped();
	// Whether all that changes is locked. Throws where nothing else will do.
	bool LockForSwap();
	void LoadInPlace();

	Relation destination_;
	leaf::TableTraits traits_;
	ReplaceSinkMode mode_;
	bool direct_;
	LockPatience patience_;
	RunJournal &journal_;
	bool analyze_;
	bool analyzed_ = false;
	leaf::PartitionRouter *router_ = nullptr;
	std::vector<Part> parts_;
	std::vector<Gathered> statistics_;
};

} // namespace sluice::engine
