// Rows compared with those of a destination as they come, beside a walk through its heap; compare_rows does it by SQL
// once all are staged. Here only rows that are new or differ are staged. The caller holds the lock that keeps writers
// out until all is written.
#pragma once

#include "engine/load/keyed_rows.hpp"
#include "engine/load/row_changes.hpp"
#include "engine/load/staged_rows.hpp"
#include "engine/target/destination.hpp"
#include "engine/write/row_walk.hpp"

namespace sluice::engine {

class WalkedRows {
public:
	// Opens the rows' staging table. Throws, also 42501 where the destination may not be read.
	WalkedRows(KeyedRows &rows, const Destination &destination, const LoadPlan &plan, RunJournal &journal);

	void Write(Batch *batch);
	// That were given to Write.
	int64_t Rows() const { return walk_->rows; }
	// The staged rows are settled.
	RowChanges Find();
	// What Find has made.
	void Drop() { gone_.Drop(); }

private:
	std::string Flag() const; // quoted: the column that says what a row counts as; '': there is none
	void DropUnchanged() const;
	void FindGone(RowChanges *changes);

	KeyedRows &rows_;
	std::string const name_;
	const LoadPlan &plan_;
	RunJournal &journal_;
	StagedRows gone_;
	leaf::HeapWalk *heap_ = nullptr;
	leaf::RowWalk *walk_ = nullptr;
};

} // namespace sluice::engine
