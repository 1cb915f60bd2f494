// What has to be known of postgres_fdw where the executor reads through it.
//
// Leaf regime.
#pragma once

#include "engine/source/fetch_size.hpp"

namespace sluice::engine::leaf {

bool FindPostgresFetch(const ForeignScan *scan, PlannedFetch *found);

} // namespace sluice::engine::leaf
