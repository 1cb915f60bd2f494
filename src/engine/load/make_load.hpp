// The load that a plan chooses. A new way to load is a path of the plan, a class beside the others and a line here: one
// that compares rows with those that are there, for example, reads the destination's heap beside the stream.
#pragma once

#include <memory>

#include "engine/load/load.hpp"
#include "engine/load/statement_load.hpp"
#include "engine/source/cursor_range.hpp"

namespace sluice::engine {

struct LoadOrder {
	Destination &destination; // whose relation the load takes over where it has to close it
	const LoadPlan &plan;
	const MappedQuery &query;
	const ColumnMatch &match;
	const LockPatience &patience;
	const CursorColumn *cursor; // NULL: rows come by none
	bool leaves_nulls;			// rows without a value of it are read, and not loaded; by a mirror
	// Of the source's snapshot, where it tells; for a history.
	std::optional<std::string> instant;
	RunJournal &journal;
};

// staged: for a load by statements.
std::unique_ptr<Load> MakeLoad(const LoadOrder &order, std::optional<StagedInput> staged);

} // namespace sluice::engine
