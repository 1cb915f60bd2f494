// What the plan of a load would tell, asked for without loading: for explain_pipeline and validate_pipeline.
#pragma once

#include <string>
#include <vector>

#include "core/load_plan.hpp"
#include "core/option_registry.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

struct PlanQuestion {
	const OptionValues &options;
	const MappedQuery *query; // NULL, and so is the input: the run imports the source
	const RunInput *input;
	const Destination &destination;
	List *target_list;
};

// As a run worker would plan it. facts: those of the destination, to which those of the query are added.
std::vector<std::string> PlanLines(const PlanQuestion &question, LoadFacts *facts, std::vector<std::string> *warnings);

} // namespace sluice::engine
