// Table locks that are waited for with a limit: a run never makes others queue behind it for long.
#pragma once

#include "core/run_journal.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

struct LockPatience {
	int64_t timeout; // microseconds per attempt
	int64_t attempts;
};

// Throws Error 55P03 when the lock could not be had; `purpose` says what for: "replacing it".
void LockTable(Oid relation, LOCKMODE mode, const LockPatience &patience, const char *purpose, RunJournal &journal);

} // namespace sluice::engine
