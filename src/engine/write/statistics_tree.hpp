// Statistics of a partitioned table over the rows of all partitions, gathered while these are still in new heaps: by a
// table without rows that has those heaps as its children, as long as that takes.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// A table with the columns and owner of the partitioned one.
Oid MakeStatisticsParent(Oid table);
// place: from 1, among the parents of that heap.
void AddStatisticsChild(Oid parent, Oid heap, int place);
// What ANALYZE wrote about the parent becomes that of the table; the parent is dropped. Its children are gone already.
void TakeStatisticsOf(Oid table, Oid parent, double rows);

} // namespace sluice::engine::leaf
