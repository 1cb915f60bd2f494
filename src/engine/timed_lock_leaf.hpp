// Leaf behind timed_lock.hpp.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

bool TryLock(Oid relation, LOCKMODE mode);
void LockUntimed(Oid relation, LOCKMODE mode);
// With lock_timeout set; raises 55P03. Runs in a subtransaction of its own: its abort undoes the setting too.
void LockWithin(Oid relation, LOCKMODE mode, const char *milliseconds);
// A second, or until an interrupt.
void PauseForLock();

} // namespace sluice::engine::leaf
