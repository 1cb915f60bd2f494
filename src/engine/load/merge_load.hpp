// Rows merged into a table by their keys. They are staged in the destination's types; then each phase is one statement:
// of rows with the same key one stays, rows that are there and differ are updated, and the others inserted. Rows that
// are there as they are stay untouched. All by SQL, so triggers, policies and constraints see what they see of any
// statement.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/run_journal.hpp"
#include "engine/load/load.hpp"
#include "engine/load/staged_rows.hpp"
#include "engine/source/cursor_range.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

// Of the column behind the others in which the cursor's value is staged: in any column_case the same.
inline constexpr const char *kStagedCursor = "pg_sluice_cursor";

class MergeLoad final : public Load {
public:
	// Closes the destination's relation. cursor: whose greatest value wins; NULL: there is none. Throws Error where a
	// key is not loaded.
	MergeLoad(Destination &destination, const LoadPlan &plan, const ColumnMatch &match, const CursorColumn *cursor,
			  RunJournal &journal);

	void Open() override;
	Relation Staging() const override { return staged_.Table(); }
	void Write(Batch *batch) override { staged_.Write(batch); }
	LoadCounts Finish() override;

private:
	struct Column {
		std::string name; // quoted
		bool is_key = false;
		bool assignable = true; // by an UPDATE
		bool is_stamp = false;	// says nothing of whether a row has changed
	};

	std::string List(const char *alias, bool keys_only) const;
	std::string SameKey(const char *left, const char *right) const;
	std::string Differ(const char *left, const char *right, bool keys_too) const;
	std::string Set(const char *from, bool keys_too) const;
	void CheckKeys() const;
	int64_t RemoveDuplicates();
	void CheckTies() const;
	bool IsSmall() const;
	std::string InsertStatement() const;
	void MergeFound(LoadCounts *counts);
	LoadCounts Merge();

	Destination &destination_;
	const MergePlan &plan_;
	bool const has_rows_; // the destination, or it may have
	const CursorColumn *const cursor_;
	RunJournal &journal_;
	std::vector<Column> columns_;
	std::vector<std::string> equals_; // of the keys: "OPERATOR(pg_catalog.=)"
	std::vector<std::string> keys_;	  // quoted
	std::string definitions_;
	StagedRows staged_;
};

} // namespace sluice::engine
