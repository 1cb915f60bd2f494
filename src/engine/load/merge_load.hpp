// Rows merged into a table by their keys. They are staged in the destination's types; then each phase is one statement:
// of rows with the same key one stays, rows that are there and differ are updated, and the others inserted. Rows that
// are there as they are stay untouched. Where the table can be walked, rows find those that are there as they come, and
// are updated by their places. All that is written is written by SQL, so triggers, policies and constraints see what
// they see of any statement.
#pragma once

#include <string>

#include "engine/load/keyed_rows.hpp"
#include "engine/load/load.hpp"
#include "engine/load/walk_rows.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

class MergeLoad final : public Load {
public:
	// cursor: whose greatest value wins; NULL: there is none. Throws Error where a key is not loaded.
	MergeLoad(std::unique_ptr<Workplace> place, const Destination &destination, const LoadPlan &plan,
			  const CursorColumn *cursor, RunJournal &journal);

	void Open() override;
	Workplace *Place() const override { return &rows_.Place(); }
	void Write(Batch *batch) override;
	LoadCounts Finish() override;

private:
	std::string InsertStatement(const std::string &which) const;
	void MergeFound(const std::string &found, LoadCounts *counts);
	void MergeByKeys(LoadCounts *counts, int64_t rows);
	void MergeByPlaces(LoadCounts *counts);
	LoadCounts Merge();

	const Destination &destination_;
	const LoadPlan &load_plan_;
	const MergePlan &plan_;
	const CursorColumn *const cursor_;
	RunJournal &journal_;
	bool const has_rows_; // the destination, or it may have
	KeyedRows rows_;
	std::optional<WalkedRows> walk_;
	std::string const table_; // the destination
	std::string staged_;	  // as a FROM item
};

} // namespace sluice::engine
