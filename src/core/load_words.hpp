// What the log of a run and explain_pipeline say of a plan.
#pragma once

#include <string>

#include "core/load_terms.hpp"

namespace sluice {

// What the plan was made for, where the facts alone do not say it.
struct PlanReasons {
	std::string path;
	std::string not_filled; // by a swap, where that is asked
	std::string not_direct; // '': it is
	bool gets_statistics = false;
};

// Adds them, and warnings.
void TellPlan(const LoadFacts &facts, const PlanReasons &reasons, LoadPlan *plan);

} // namespace sluice
