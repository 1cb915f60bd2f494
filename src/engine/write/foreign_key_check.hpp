// Checks foreign keys set-based at the end of a load.
#pragma once

#include "core/run_journal.hpp"
#include "engine/target/foreign_keys.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/write/partition_rows.hpp"

namespace sluice::engine {

// Locks the other table of each constraint, which may be the destination itself, then looks for a row that breaks it.
// The queries run as the destination's owner. Throws Error 23503. What is deferred in the caller's transaction is
// checked at its end (deferred_check.hpp).
void CheckForeignKeys(const leaf::ForeignKeyList &list, Oid owner, const PartitionRows &rows,
					  const LockPatience &patience, RunJournal &journal);

} // namespace sluice::engine
