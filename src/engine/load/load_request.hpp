// What a load is asked for, and what comes of it.
#pragma once

#include "engine/load/load.hpp"
#include "engine/load/sequences.hpp"
#include "engine/parallel/parallel_facts.hpp"
#include "engine/parallel/parallel_host.hpp"
#include "engine/run_progress.hpp"
#include "engine/source/cursor_read.hpp"
#include "engine/source/extract.hpp"
#include "engine/source/quarantine.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

struct LoadRequest {
	const catalog::Pipeline &pipeline;
	const std::string &run_id;
	RunInput &input;
	const MappedQuery &query;
	const ColumnMatch &match;
	Destination &destination;
	const LoadPlan &plan;
	const ParallelWork &work;
	const ParallelHost *streams; // NULL: this process cannot have any
	const LockPatience &patience;
	FedSequences &sequences;
	CursorRead *cursor;		// NULL: all rows of the input are read and handed on
	Quarantine *quarantine; // NULL: a row that does not fit is an error
	// The rows are those that were put aside by earlier runs.
	bool replays;
	const Extract *extract; // the input's rows, read already, which the query computes over; NULL: they are not
	RunJournal &journal;
	RunProgress &progress;
};

struct LoadOutcome {
	LoadCounts counts;
	bool analyzed = false; // the destination
};

} // namespace sluice::engine
