// The locks that keep two sessions from building a cycle together, one a pipeline. The scheduler and runs never take
// them. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::catalog::leaf {

struct GraphLock {
	pg_uuid_t pipeline;
	bool change; // what it depends on changes, or it is dropped; else it is to stay as it is
};

// Until the end of the transaction; waits, but not for ever: lock_not_available after lock_timeout, or ten seconds.
void LockGraph(const GraphLock *locks, int count);
// Gives back what LockGraph took in the same statement.
void UnlockGraph(const GraphLock *locks, int count);

} // namespace sluice::catalog::leaf
