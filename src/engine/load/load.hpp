// Moves the rows: from a run's input into its destination, along the path that was chosen.
#pragma once

#include "engine/load/sequences.hpp"
#include "engine/parallel/parallel_host.hpp"
#include "engine/parallel/parallel_plan.hpp"
#include "engine/run_progress.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"

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
	const ParallelPlan &plan;
	FedSequences &sequences;
	const ParallelHost *streams; // NULL: this process cannot have any
};

// Returns how many rows were loaded. Closes the destination, keeping its lock.
int64_t Load(const LoadRequest &request);

} // namespace sluice::engine
