// Rows merged into a table by their keys. They are staged in the destination's types; then each phase is one statement:
// of rows with the same key one stays, rows that are there and differ are updated, and the others inserted. Rows that
// are there as they are stay untouched. All by SQL, so triggers, policies and constraints see what they see of any
// statement.
#pragma once

#include <string>

#include "engine/load/keyed_rows.hpp"
#include "engine/load/load.hpp"

namespace sluice::engine {

class MergeLoad final : public Load {
public:
	// Closes the destination's relation. cursor: whose greatest value wins; NULL: there is none. Throws Error where a
	// key is not loaded.
	MergeLoad(Destination &destination, const LoadPlan &plan, const ColumnMatch &match, const CursorColumn *cursor,
			  RunJournal &journal);

	void Open() override;
	Relation Staging() const override { return rows_.Staged().Table(); }
	void Write(Batch *batch) override { rows_.Staged().Write(batch); }
	LoadCounts Finish() override;

private:
	std::string InsertStatement() const;
	void MergeFound(LoadCounts *counts);
	LoadCounts Merge();

	Destination &destination_;
	const MergePlan &plan_;
	bool const has_rows_; // the destination, or it may have
	RunJournal &journal_;
	KeyedRows rows_;
	std::string staged_; // as a FROM item
};

} // namespace sluice::engine
