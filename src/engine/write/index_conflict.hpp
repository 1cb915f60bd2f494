// Rows that a unique or exclusion constraint refuses, found without an error, and so without a subtransaction (design
// rule 21): they are inserted like all others, and an index that finds another row in their way says so. Only then a
// row is taken out again, and looked at as INSERT ... ON CONFLICT DO NOTHING does.
//
// Leaf regime.
#pragma once

#include "engine/rows/batch.hpp"
#include "engine/write/row_checks.hpp"

namespace sluice::engine::leaf {

// That row may be in conflict.
void AddConflict(Conflicts *conflicts, int row);
// Those that are not stay in the table and leave the list; of the others it tells why. Waits for transactions that may
// still take back what stands against a row.
void SettleConflicts(RowChecks *checks, Relation target, Batch *batch);

} // namespace sluice::engine::leaf
