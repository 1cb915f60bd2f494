// What a load's plan has to know of its query and its options, and of the file of a table that was just created; run
// and explain_pipeline ask for it in the same way.
#pragma once

#include "core/load_plan.hpp"
#include "core/option_registry.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

LoadFacts FactsOf(const catalog::Pipeline &pipeline, const OptionValues &options, LoadMode mode);

// The destination is at another server; it is prepared, or was looked for.
void ReadRemoteFacts(const Destination &destination, LoadFacts *facts);

void AddQueryFacts(const RunInput &input, const MappedQuery &query, LoadFacts *facts);

// An event trigger may have done something to the table.
void AddFileFacts(const Destination &destination, LoadFacts *facts);

} // namespace sluice::engine
