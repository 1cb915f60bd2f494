// Statistics of a heap that will take the place of a table's own: gathered there, before anybody is locked out.
#pragma once

#include "engine/write/index_twin.hpp"

namespace sluice::engine::leaf {

// CREATE STATISTICS belongs to the table itself: that can be filled after the swap only.
bool HasExtendedStatistics(Relation table);
// The new heap and its indexes are to be analyzed with the targets and overrides of those they stand for.
void CopyStatisticsTargets(Oid destination, Oid heap, const IndexTwinList *indexes);
// What ANALYZE wrote about the new heap and its indexes becomes the destination's. Needs the lock of the swap.
void MoveStatistics(Oid destination, Oid heap, const IndexTwinList *indexes);

} // namespace sluice::engine::leaf
