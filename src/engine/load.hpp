// Moves the rows: from a run's input into its destination, along the path that was chosen.
#pragma once

#include "engine/destination.hpp"
#include "engine/run_progress.hpp"
#include "engine/sources/run_input.hpp"

namespace sluice::engine {

struct LoadRequest {
	RunInput &input;
	const MappedQuery &query;
	const ColumnMatch &match;
	Destination &destination;
	const LockPatience &patience;
	RunJournal &journal;
	RunProgress &progress;
};

// Returns how many rows were loaded. Closes the destination, keeping its lock.
int64_t Load(const LoadRequest &request);

} // namespace sluice::engine
