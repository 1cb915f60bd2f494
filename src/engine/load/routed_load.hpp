// Rows appended to a partitioned table whose partitions are plain tables; optionally after deleting all that it holds
// (replace in place).
#pragma once

#include "engine/load/load.hpp"
#include "engine/target/table_facts.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/write/partition_router.hpp"

namespace sluice::engine {

class RoutedLoad final : public Load {
public:
	RoutedLoad(Relation destination, const leaf::TableTraits &traits, bool replace_in_place,
			   const LockPatience &patience, RunJournal &journal)
		: destination_(destination), traits_(traits), replace_(replace_in_place), patience_(patience), journal_(journal)
	{}
	void Open() override;
	void Write(Batch *batch) override;
	bool TakesRowsAway() override { return had_rows_; }
	LoadCounts Finish() override;

private:
	Relation destination_;
	leaf::TableTraits traits_;
	bool replace_;			// the lock for replacing is held
	bool had_rows_ = false; // which are deleted
	LockPatience patience_;
	RunJournal &journal_;
	leaf::PartitionRouter *router_ = nullptr;
};

} // namespace sluice::engine
