// Whether expressions give the same in several transactions as in one.
#pragma once

#include "engine/transform/query_analysis.hpp"

namespace sluice::engine::leaf {

// The name of something that does not, or NULL: what tells the transaction's time or number, and functions of users
// that are not immutable, for they may read tables under the snapshot of the moment.
const char *FindUnsteady(const AnalyzedQuery *analyzed, List *target_list);

} // namespace sluice::engine::leaf
