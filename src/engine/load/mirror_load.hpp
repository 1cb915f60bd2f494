// A table made what its source is: rows that differ are updated, new ones inserted, and those that are gone deleted, or
// marked in a column.
#pragma once

#include "engine/load/compare_load.hpp"

namespace sluice::engine {

class MirrorLoad final : public CompareLoad {
public:
	using CompareLoad::CompareLoad;

protected:
	ComparedRows Compared() const override;
	const char *DoneToGone() const override { return Marks() ? "marked as deleted" : "deleted"; }
	void Apply(const RowChanges &changes, LoadCounts *counts) override;

private:
	bool Marks() const { return !Plan().compare.mark_column.empty(); }
	std::string Mark() const;	// quoted
	std::string Unmark() const; // the value that says that a row is there

	std::string GoneStatement(const RowChanges &changes) const;
	std::string UpdateStatement(const RowChanges &changes) const;
	std::string InsertStatement(const RowChanges &changes) const;
};

} // namespace sluice::engine
