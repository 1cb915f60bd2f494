// A table that keeps what its source was: a row that has changed is closed and its new version inserted, one that is
// gone is closed. All changes of a run are valid from one instant on.
#pragma once

#include <optional>

#include "engine/load/compare_load.hpp"

namespace sluice::engine {

class HistoryLoad final : public CompareLoad {
public:
	// instant: of the source's snapshot; nothing: what is the time here.
	HistoryLoad(std::unique_ptr<Workplace> place, const Destination &destination, const LoadPlan &plan,
				const CursorColumn *cursor, RunJournal &journal, const std::optional<std::string> &instant);

protected:
	ComparedRows Compared() const override;
	const char *DoneToGone() const override { return "closed"; }
	void Apply(const RowChanges &changes, LoadCounts *counts) override;

private:
	// Throws Error SL016 where a version of a row that changes is not older than the run.
	void CheckInstant(const RowChanges &changes) const;
	std::string CloseStatement(const std::string &rows) const;
	std::string InsertStatement(const RowChanges &changes) const;

	// Quoted.
	std::string valid_from_;
	std::string valid_to_;
	std::string current_;
	std::string time_;
	std::string instant_; // the same in SQL
};

} // namespace sluice::engine
