// Staged rows compared with those of a destination, by SQL: one statement finds what is new or differs, another what is
// gone. The caller holds the lock that keeps other writers out until all is written.
#pragma once

#include "engine/load/keyed_rows.hpp"
#include "engine/load/row_changes.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

// Which of the destination's rows are compared.
struct ComparedRows {
	std::string kind;		// a boolean column, quoted, of those that stand for a row of the source; '': all do
	std::string scope;		// the user's; '': there is none
	std::string marked;		// condition: a row that counts as gone already; '': there are none
	std::string left_alone; // a temporary table with keys of rows that the source has as well; '': there is none
	bool finds_gone = true;
	bool has_unique_keys = false; // an index sees to it that no key is among them twice
};

class RowComparison {
public:
	// created: the destination has no rows. The staged rows are settled.
	RowComparison(const KeyedRows &rows, const Destination &destination, const MergePlan &plan, ComparedRows compared,
				  RunJournal &journal)
		: rows_(rows), name_(destination.name), table_(rows.Place().Table()), created_(destination.created),
		  plan_(plan), compared_(std::move(compared)), journal_(journal)
	{}

	// Throws Error where a key is there twice, or is that of a row that is not compared.
	RowChanges Find(int64_t staged);
	// What Find has made.
	void Drop();

private:
	// "SELECT ... FROM destination WHERE ..."
	std::string Select(const std::string &columns, const char *also) const;
	void CheckKeysOnce() const;
	void CheckOthers(const std::string &changes) const;

	const KeyedRows &rows_;
	std::string const name_;  // as users are told it
	std::string const table_; // as a statement calls it
	bool const created_;
	const MergePlan &plan_;
	ComparedRows const compared_;
	RunJournal &journal_;
	std::vector<std::string> made_;
};

} // namespace sluice::engine
