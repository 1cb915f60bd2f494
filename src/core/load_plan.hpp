// How a load is made, decided once: facts about the destination, the query, the source and the options go in; the plan
// comes out, with the reasons for all that is in it. A run follows it, explain_pipeline shows it. Pure C++.
//
// A new way to load is a mode here and the path that it leads to, with the facts that it depends on.
#pragma once

#include <string>

#include "core/load_terms.hpp"

namespace sluice {

LoadPlan PlanLoad(const LoadFacts &facts);

// Why rows that do not fit cannot be put aside on that path, as "because" goes on; '' when they can.
std::string WhyNoQuarantine(const LoadFacts &facts);

// Why the destination cannot be loaded in several streams; the source need not be asked then.
std::string WhyNotParallel(const LoadFacts &facts);

} // namespace sluice
