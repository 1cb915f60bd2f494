// Rows that find those of a destination as they come, beside a walk through its heap; loads do it by SQL, once all are
// staged, where that cannot be. Here only rows that are new or differ are staged, and where the row lies that each is
// to replace.
#pragma once

#include "engine/load/keyed_rows.hpp"
#include "engine/load/row_changes.hpp"
#include "engine/load/staged_rows.hpp"
#include "engine/target/destination.hpp"
#include "engine/write/row_walk.hpp"

namespace sluice::engine {

class WalkedRows {
public:
	// Opens the rows' staging table. keeps_same: rows that are the same are staged, too. Throws, also 42501 where the
	// destination may not be read.
	WalkedRows(KeyedRows &rows, const Destination &destination, const LoadPlan &plan, bool keeps_same,
			   RunJournal &journal);
	// Before the first row: the walk may end where it is of no use, because most rows are there, differ, and do not
	// come as they lie. All are staged then, and to be found by their keys.
	void MayGiveUp() { sample_ = kSample; }
	bool GaveUp() const { return gave_up_; }

	void Write(Batch *batch);
	// All are there, the rows' staging table is closed.
	void Close();
	// Most of those that are there came as they lie.
	bool MetInOrder() const { return heap_->walked >= heap_->probed; }
	// That were given to Write.
	int64_t Rows() const { return walk_->rows; }
	// How many of the staged rows are new and how many differ, once they are settled.
	RowChanges Find(int64_t duplicates) const;
	// The rows of the destination that were not met, where the caller has kept writers out.
	void FindGone(RowChanges *changes);
	// Gives all back, and drops what FindGone has made.
	void End();

private:
	static constexpr int64_t kSample = 20000;

	std::string Flag() const; // quoted: the column that says what a row counts as; '': there is none
	void LookAtSample();

	KeyedRows &rows_;
	std::string const name_;
	const LoadPlan &plan_;
	bool const keeps_same_;
	RunJournal &journal_;
	int64_t sample_ = 0; // how many rows are staged, whatever they are, until it is known what the walk is good for
	bool gave_up_ = false;
	StagedRows gone_;
	leaf::HeapWalk *heap_ = nullptr;
	leaf::RowWalk *walk_ = nullptr;
};

} // namespace sluice::engine
