// Several statements that write to one table, run as one: constraints are checked against what all of them leave, and
// triggers of foreign keys fire after the last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/load/workplace.hpp"

namespace sluice::engine {

// In this order; each ends with its WHERE. Returns how many rows each has written.
std::vector<int64_t> WriteTogether(Workplace &place, const std::vector<std::string> &statements);

} // namespace sluice::engine
