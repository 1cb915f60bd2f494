// Whether a load is made in several streams: the option, and all that speaks against it.
#pragma once

#include <string>
#include <vector>

#include "core/option_registry.hpp"
#include "core/parallel_choice.hpp"
#include "engine/parallel/parallel_host.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

struct ParallelPlan {
	int streams = 1;
	std::string reason; // '': nobody asked for more than one
	int64_t rows_expected = 0;
	std::vector<SourcePiece> pieces;
	std::string how; // "ranges of pages"

	std::string Text() const;
};

struct ParallelQuestion {
	const OptionValues &options;
	const RunInput &input;
	const MappedQuery &query;
	const ColumnMatch &match;
	const Destination &destination;
	bool can_start; // there is, or would be, a ParallelHost
	int free_workers;
};

// The path is chosen. Asks the source when the option leaves a choice. An append to an empty table is taken for one
// that MayFill.
ParallelPlan PlanParallel(const ParallelQuestion &question);

// In a run: several streams fill an empty table as they replace one. Takes the lock for it; where that cannot be done
// the plan becomes one of one stream. Tells the journal what has changed.
void FillInParallel(ParallelPlan *plan, const OptionValues &options, Destination *destination, RunJournal &journal);

} // namespace sluice::engine
