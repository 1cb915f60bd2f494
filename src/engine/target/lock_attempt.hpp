// Leaf behind timed_lock.hpp.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

bool TryLock(Oid relation, LOCKMODE mode);
void LockUntimed(Oid relation, LOCKMODE mode);
// Waits no longer than that (55P03); and where waiting closes a circle, we are the victim (40P01) after a tenth of a
// second, never an application, which looks after its own deadlock_timeout. An autovacuum in the way yields as soon. In
// a subtransaction of its own: its abort undoes the settings too.
void LockWithin(Oid relation, LOCKMODE mode, int64 milliseconds);
// Several, in that order, in a subtransaction of its own: waits for the first as long as it may, for the others
// together. With 0 not at all. `failed`: which one it was at.
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
// Asks again and again for as long as that; true when it has the lock. Nobody queues behind a request; and nobody who
// has read the relation and now wants to write to it becomes the victim of a deadlock, as would happen on the spot if
// we stood in its queue with a weaker lock in our hands.
bool PollLock(Oid relation, LOCKMODE mode, int64 milliseconds);
// The same to see whether it could be had. Ends with 55P03 in any case: only the abort of its subtransaction gives the
// lock back on standbys, too.
void AwaitLock(Oid relation, LOCKMODE mode, int64 milliseconds);
// The relation, and its partitions at all levels if it is partitioned; in the order in which the server locks them.
struct TreeMembers {
	int count;
	Oid *relations;
};
TreeMembers *ListTree(Oid relation);
// A second, or until an interrupt.
void PauseForLock();
// A hundredth of one.
void PauseBriefly();

} // namespace sluice::engine::leaf
