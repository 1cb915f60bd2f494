// Leaf behind swap_load.hpp: the new heap and the swap.
#pragma once

#include "engine/write/index_twin.hpp"

namespace sluice::engine::leaf {

// An empty heap with the destination's columns, storage and owner; returned open and locked.
Relation MakeNewHeap(Relation destination);
// Closes it; its rows are now visible to queries that name it.
void CloseNewHeap(Relation heap);
// Raises 55006 when this session itself still uses the table or an index of it (open cursors, pending trigger events).
void CheckUnused(Relation destination, const IndexTwinList *indexes);
// Whether it would not.
bool IsUnused(Relation destination, const IndexTwinList *indexes);
// Drops a new heap that is not swapped in after all.
void DropHeap(Oid heap);
// Puts the files of the heap, its TOAST table and its indexes in the place of the destination's own, and drops the
// old ones; with `analyzed` the statistics of the heap as well. ACCESS EXCLUSIVE is held on the destination and its
// indexes; the destination is closed. is_new: this transaction made the heap.
void SwapHeap(Oid destination, Oid heap, const IndexTwinList *indexes, int64 rows, bool analyzed, bool is_new);

} // namespace sluice::engine::leaf
