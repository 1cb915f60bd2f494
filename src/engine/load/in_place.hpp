// Where a swap cannot be had because somebody uses the table: the rows of the new heap go into the table itself,
// without reading the source again. What they refer to has been checked. Old rows are deleted and new ones inserted
// without triggers; both take room until VACUUM.
#pragma once

#include "engine/target/table_facts.hpp"
#include "engine/target/timed_lock.hpp"

namespace sluice::engine {

enum class SwapMode {
	Replace,
	Fill, // an append to an empty table: where it cannot be swapped now, the rows are appended to it
};

// Rethrows, with what stands in the way, where it is no way: `failure` is why there is no swap.
void CheckInPlace(Relation table, const LockPatience &patience, const Error &failure);

// Drops the heap. The lock for replacing, or for appending, is held on the table.
void PutInPlace(Relation table, Oid heap, const leaf::TableTraits &traits, SwapMode mode, const LockPatience &patience,
				RunJournal &journal);

} // namespace sluice::engine
