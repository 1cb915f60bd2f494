// Leaf behind replace_sink.hpp: the new heap and the swap.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// An empty heap with the destination's columns, storage and owner; returned open and locked.
Relation MakeNewHeap(Relation destination);
// Closes it; its rows are now visible to queries that name it.
void CloseNewHeap(Relation heap);
// Raises 55006 when this session itself still uses the table (open cursors, pending trigger events).
void CheckUnused(Relation destination);
// Puts the heap in the place of the table's own, rebuilds the indexes, drops the old one. ACCESS EXCLUSIVE
// is held; the destination is closed.
void SwapHeap(Oid destination, Oid heap, char persistence, int64 rows);

} // namespace sluice::engine::leaf
