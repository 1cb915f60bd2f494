// Whether all rows of the source came, and became something.
#pragma once

#include "core/option_registry.hpp"
#include "engine/load/load.hpp"
#include "engine/source/run_input.hpp"

namespace sluice::engine {

// The option verify, as create and alter check it. Throws Error 0A000 where the source cannot be counted.
void CheckVerify(const catalog::Pipeline &pipeline, const OptionValues &options);
// What the source counts in the run's snapshot; nothing unless the option asks. Before its rows are read.
std::optional<int64_t> CountSource(const OptionValues &options, RunInput &input);
// Throws Error SL018.
void CompareCount(int64_t counted, int64_t read, RunJournal &journal);

// Each row that a load was given is one that it counts; suppressed: unless a trigger took it out. Throws Error XX000.
void RequireAllCounted(int64_t given, const LoadCounts &counts, bool suppressed);
// Of rows that were read those that nothing else became. Throws Error XX000 where more was counted than was read.
int64_t FilteredOf(int64_t read, const LoadCounts &counts);

} // namespace sluice::engine
