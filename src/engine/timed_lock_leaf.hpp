// Leaf behind timed_lock.hpp.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

bool TryLock(Oid relation, LOCKMODE mode);
void LockUntimed(Oid relation, LOCKMODE mode);
// With lock_timeout set; raises 55P03. Runs in a subtransaction of its own: its abort undoes the setting too.
void LockWithin(Oid relation, LOCKMODE mode, const char *milliseconds);
// Several, in that order, in a subtransaction of its own: waits for the first as long as it may, for the others
// together. `failed`: which one it was at.
struct LockAttempt {
	const Oid *relations;
	int count;
	LOCKMODE mode;
	int64 first_milliseconds;
	int64 rest_milliseconds;
	Oid failed;
};
void LockAllWithin(LockAttempt *attempt);
// A table with all its partitions as they are once they are locked. Raises 55P03 rather than wait, and where one was
// attached or detached meanwhile; in a subtransaction of its own.
void LockAllNow(Oid relation, LOCKMODE mode);
// Waits until it could be had, or as long as that, out of everybody's way: it asks again and again, and nobody has to
// queue behind a request. Ends with 55P03 in any case: only the abort of its subtransaction gives the lock back on
// standbys, too.
void AwaitLock(Oid relation, LOCKMODE mode, int64 milliseconds);
// The relation, and its partitions at all levels if it is partitioned; in the order in which the server locks them.
struct TreeMembers {
	int count;
	Oid *relations;
};
TreeMembers *ListTree(Oid relation);
// A second, or until an interrupt.
void PauseForLock();

} // namespace sluice::engine::leaf
