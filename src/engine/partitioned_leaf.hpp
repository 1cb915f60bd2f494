// Whether rows for a partitioned table may be routed to its partitions past SQL.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Why they may not, or NULL. Looks at every partition, keeps no lock.
const char *WhyNotRouted(Relation parent);
// The same for one partition, or a table on the way to it, when rows first go there. The reason names it.
const char *WhyNotRoutedTo(Relation relation);

} // namespace sluice::engine::leaf
