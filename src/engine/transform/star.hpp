// What "*" stands for where not all columns of a stream are in it.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// A select list with that list in the place of each "*" and "source.*" of its own; what is within expressions stays.
const char *ReplaceStars(const char *select_list, const char *visible);

} // namespace sluice::engine::leaf
