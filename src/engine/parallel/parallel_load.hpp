// A load in several streams: each a background worker with a connection and transactions of its own, all under one
// snapshot of the source, into a table that nobody sees, to be swapped in when all of them have committed.
#pragma once

#include "engine/parallel/parallel_facts.hpp"
#include "engine/parallel/parallel_host.hpp"
#include "engine/run_progress.hpp"

namespace sluice::engine {

struct ParallelRequest {
	const catalog::Pipeline &pipeline;
	const std::string &run_id;
	const ParallelHost &host;
	RunInput &input;
	const Destination &destination;
	const LoadPlan &plan;
	const ParallelWork &work;
	RunJournal &journal;
	RunProgress &progress;
};

struct ParallelRows {
	Oid staging; // the table that they are in
	int64_t rows;
};

// Nothing when it cannot be done after all: the journal says why, and nothing was changed.
std::optional<ParallelRows> LoadInParallel(const ParallelRequest &request);

} // namespace sluice::engine
