// What a load's plan has to know to choose several streams, and what they would share out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/load_plan.hpp"
#include "core/option_registry.hpp"
#include "engine/source/divisible_source.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

struct ParallelQuestion {
	const OptionValues &options;
	const RunInput *input; // NULL: one that only a run makes
	const MappedQuery *query;
	List *target_list; // of the load
	const Destination &destination;
	bool can_start; // there is, or would be, a ParallelHost
	int free_workers;
};

// Adds to the facts of the destination. Asks the source where nothing else stands against it and the option leaves a
// choice; then the cut is returned.
std::unique_ptr<SourceCut> AddParallelFacts(const ParallelQuestion &question, LoadFacts *facts);

struct ParallelWork {
	int64_t rows_expected = 0;
	std::vector<SourcePiece> pieces;
	std::string text; // "12 ranges of pages"
};

// Nothing for one stream.
ParallelWork ShareOut(const SourceCut *cut, const LoadPlan &plan);

} // namespace sluice::engine
