// A replace in several streams: each a background worker with a connection and transactions of its own, all under one
// snapshot of the source, into a table that nobody sees; swapped in when all of them have committed.
#pragma once

#include "engine/load/load.hpp"
#include "engine/parallel/parallel_plan.hpp"

namespace sluice::engine {

// Nothing when it cannot be done after all: the journal says why, and nothing was changed. Else the number of rows.
std::optional<int64_t> LoadInParallel(const LoadRequest &request, const ParallelPlan &plan);

} // namespace sluice::engine
