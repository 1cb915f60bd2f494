// Checks foreign keys set-based at the end of a load.
#pragma once

#include "core/run_journal.hpp"
#include "engine/target/foreign_keys.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/write/partition_rows.hpp"

namespace sluice::engine {

// Where to look for rows that break a constraint.
struct ForeignKeyCheck {
	const leaf::ForeignKey &key;
	bool own;				   // of the table that was loaded
	const PartitionRows *rows; // of that table; null: all that are there
	Oid owner;				   // of it, as whom the query runs
	Oid reader;				   // who is told
	const char *hint;
};
// What it needs is locked. Throws Error 23503.
void CheckForeignKey(const ForeignKeyCheck &check);

// Locks the other table of each constraint, which may be the destination itself, then looks for a row that breaks it.
// The queries run as the destination's owner. Throws Error 23503. What is deferred in the caller's transaction is
// checked at its end (deferred_check.hpp).
void CheckForeignKeys(const leaf::ForeignKeyList &list, Oid owner, const PartitionRows &rows,
					  const LockPatience &patience, RunJournal &journal);

} // namespace sluice::engine
