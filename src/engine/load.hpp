// Moves the rows: from a run's input into its destination, along the path that was chosen.
#pragma once

#include "engine/destination.hpp"
#include "engine/run_progress.hpp"
#include "engine/sequences.hpp"
#include "engine/sources/run_input.hpp"
#include "engine/streams/stream_host.hpp"
#include "engine/streams/stream_plan.hpp"

namespace sluice::engine {

struct LoadRequest {
	RunInput &input;
	const MappedQuery &query;
	const ColumnMatch &match;
	Destination &destination;
	const LockPatience &patience;
	RunJournal &journal;
	RunProgress &progress;
	const catalog::Pipeline &pipeline;
	const std::string &run_id;
	const StreamPlan &plan;
	FedSequences &sequences;
	const StreamHost *streams; // NULL: this process cannot have any
};

// Returns how many rows were loaded. Closes the destination, keeping its lock.
int64_t Load(const LoadRequest &request);

} // namespace sluice::engine
