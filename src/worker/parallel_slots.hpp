// Streams of a load as processes, and what they leave behind.
#pragma once

#include <string>

#include "engine/parallel/parallel_host.hpp"

namespace sluice::worker {

// Of a run worker: it may have streams.
extern const engine::ParallelHost kParallelHost;

// After a run that failed. What somebody still uses is left to the scheduler. Throws nothing.
void DropStagingOf(const std::string &run_id);

} // namespace sluice::worker
