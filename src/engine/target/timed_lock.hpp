// Table locks that are waited for with a limit: a run never makes others queue behind it for long.
#pragma once

#include <vector>

#include "core/run_journal.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

struct LockPatience {
	int64_t timeout; // microseconds per attempt
	int64_t attempts;
	bool in_place = true; // a replace that cannot swap then writes into the table itself
};

// Throws Error 55P03 when the lock could not be had, also where waiting for it would be a deadlock, whose victim we
// are; `purpose` says what for: "replacing it".
void LockTable(Oid relation, LOCKMODE mode, const LockPatience &patience, const char *purpose, RunJournal &journal);

// All of them or none. Waits for the first as above; for the others, while it holds locks that somebody may want, so
// shortly that nobody becomes the victim of a deadlock.
void LockTables(const std::vector<Oid> &relations, LOCKMODE mode, const LockPatience &patience, const char *purpose,
				RunJournal &journal);

// A table with all its partitions, if it has any, as they are once they are locked. Returns them, the table first.
std::vector<Oid> LockTree(Oid relation, LOCKMODE mode, const LockPatience &patience, const char *purpose,
						  RunJournal &journal);

// The same without waiting: false when one of them is not available at once.
bool TryLockTree(Oid relation, LOCKMODE mode);

} // namespace sluice::engine
