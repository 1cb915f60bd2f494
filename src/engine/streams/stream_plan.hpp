// Whether a load is made in several streams: the option, and all that speaks against it.
#pragma once

#include <string>
#include <vector>

#include "core/option_registry.hpp"
#include "engine/destination.hpp"
#include "engine/sources/run_input.hpp"
#include "engine/streams/source_cut.hpp"
#include "engine/streams/stream_host.hpp"

namespace sluice::engine {

struct StreamPlan {
	int streams = 1;
	std::string reason; // '': nobody asked for more than one
	int64_t rows_expected = 0;
	std::vector<SourcePiece> pieces;
	std::string how; // "ranges of pages"

	std::string Text() const;
};

struct StreamQuestion {
	const OptionValues &options;
	const RunInput &input;
	const MappedQuery &query;
	const ColumnMatch &match;
	const Destination &destination;
	bool can_start; // there is, or would be, a StreamHost
	int free_workers;
};

// The path is chosen. Asks the source when the option leaves a choice. An append to an empty table is taken for one
// that MayFill.
StreamPlan PlanStreams(const StreamQuestion &question);

// In a run: several streams fill an empty table as they replace one. Takes the lock for it; where that cannot be done
// the plan becomes one of one stream. Tells the journal what has changed.
void FillInStreams(StreamPlan *plan, const OptionValues &options, Destination *destination, RunJournal &journal);

} // namespace sluice::engine
