// Loads that stage their rows, compare them with those that are there, and write what is not as it should be. Which
// rows are compared, and what becomes of each kind, is the derived class's.
#pragma once

#include "engine/load/compare_rows.hpp"
#include "engine/load/load.hpp"
#include "engine/load/walk_rows.hpp"

namespace sluice::engine {

class CompareLoad : public Load {
public:
	// leaves_nulls: rows without a value of the cursor are there, and not loaded. Throws Error where a key is not
	// loaded.
	CompareLoad(std::unique_ptr<Workplace> place, const Destination &destination, const LoadPlan &plan,
				const CursorColumn *cursor, RunJournal &journal, bool leaves_nulls = false);

	void Open() final;
	Workplace *Place() const final { return &rows_.Place(); }
	void Write(Batch *batch) final;
	LoadCounts Finish() final;

protected:
	virtual ComparedRows Compared() const = 0;
	// "deleted"
	virtual const char *DoneToGone() const = 0;
	virtual void Apply(const RowChanges &changes, LoadCounts *counts) = 0;

	const Destination &Target() const { return destination_; }
	// It as a statement calls it.
	const std::string &Table() const { return table_; }
	const KeyedRows &Rows() const { return rows_; }
	const LoadPlan &Plan() const { return plan_; }
	RunJournal &Journal() const { return journal_; }
	// Says where fewer rows were written than meant.
	void TellKept(int64_t meant, int64_t written, const char *what) const;

private:
	void AnalyzeScope() const;
	void CheckScope(const RowChanges &changes) const;

	const Destination &destination_;
	const LoadPlan &plan_;
	const CursorColumn *const cursor_;
	bool const leaves_nulls_;
	RunJournal &journal_;
	KeyedRows rows_;
	std::optional<WalkedRows> walk_;
	std::string const table_;
};

} // namespace sluice::engine
