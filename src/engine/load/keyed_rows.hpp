// Rows that are found by their keys, staged in the destination's types: what loads that compare them with the rows that
// are there have in common. Of rows with the same key one stays; the pieces of the statements that come after.
#pragma once

#include <string>
#include <vector>

#include "core/load_plan.hpp"
#include "core/run_journal.hpp"
#include "engine/load/workplace.hpp"
#include "engine/source/cursor_range.hpp"
#include "engine/transform/mapped_query.hpp"
#include "engine/write/heap_walk.hpp"

namespace sluice::engine {

// Of the column behind the others in which the cursor's value is staged: in any column_case the same.
inline constexpr const char *kStagedCursor = "pg_sluice_cursor";

// With that column behind its own; cursor: NULL: there is none.
MappingInput WithCursor(MappingInput mapping, const CursorColumn *cursor);

class KeyedRows {
public:
	// cursor: whose greatest value wins; NULL: there is none. Throws Error where a key is not loaded.
	KeyedRows(std::unique_ptr<Workplace> place, const MergePlan &plan, const CursorColumn *cursor, RunJournal &journal);

	void Open() { place_->Open(definitions_ + ")"); }
	// With kPart and kPlace behind the columns.
	void OpenWithPlaces();
	// From 0: kPart, which kPlace follows.
	int PlaceColumn() const { return static_cast<int>(columns_.size()) + (cursor_ != nullptr ? 1 : 0); }
	Workplace &Place() const { return *place_; }
	// All are there; tells the log.
	void Close();
	int64_t Rows() const { return staged_; }

	// Those without a value of the cursor leave the staging table: a temporary table that has their keys, once all are
	// there.
	std::string TakeOutNulls();
	// Which of them may lack a key, or have one that another one has: a condition. All, where it is not said.
	void Doubt(std::string which) { doubtful_ = std::move(which); }
	// Once all are there: that each has a key, and no more than one each. Returns how many left the staging table,
	// because another row of their key stands for them. Throws Error.
	int64_t Settle();

	// "s.id, s.val"; the columns that are loaded, or the keys alone.
	std::string List(const char *alias, bool keys_only) const;
	// For a walk through the destination's heap; in the order of the staging table.
	std::vector<leaf::WalkedColumn> Walked() const;
	// One that every row has; quoted.
	const std::string &FirstKey() const { return keys_.front(); }
	// "l.id = r.id", by the operators of the keys' types.
	std::string SameKey(const char *left, const char *right) const;
	// By their images; '' where there is nothing that could differ. Stamps say nothing of it.
	std::string Differ(const char *left, const char *right, bool keys_too) const;
	// "val = from.val", of what an UPDATE may assign and may have to: one that names a key column locks rows against
	// foreign keys that are checked meanwhile, where a trigger fires before it.
	std::string Set(const char *from, bool keys_too) const;
	// Whether so few rows are staged that looking for each of them in an index on the keys is cheaper than reading the
	// destination once, whatever the planner knows of it.
	bool AreFew() const;
	// By all keys.
	bool CanBeSorted() const { return sortable_; }
	// As a FROM item: in the order of an index on the keys, so that each page of it, and often of the table, is met
	// once where they are looked up one by one.
	std::string InOrder() const;

private:
	struct Column {
		std::string name; // quoted
		bool is_key = false;
		bool assignable = true; // by an UPDATE
		bool is_fixed = false;	// a key that is found has the very bytes that it was looked for by
		bool is_stamp = false;	// says nothing of whether a row has changed
		int16_t number = 0;		// in the destination
	};

	void CheckKeys() const;
	int64_t RemoveDuplicates();
	void CheckTies() const;

	std::unique_ptr<Workplace> const place_;
	const MergePlan &plan_;
	const CursorColumn *const cursor_;
	RunJournal &journal_;
	std::vector<Column> columns_;
	std::vector<std::string> equals_; // of the keys: "OPERATOR(pg_catalog.=)"
	std::vector<std::string> keys_;	  // quoted
	bool sortable_ = true;			  // all keys
	std::string definitions_;
	std::string doubtful_ = "true";
	int64_t staged_ = 0;
};

} // namespace sluice::engine
