// Checks foreign keys set-based at the end of a load.
#pragma once

#include <string>

#include "core/run_journal.hpp"
#include "engine/target/foreign_keys.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/write/partition_rows.hpp"

namespace sluice::engine {

struct ForeignKeyScope {
	Oid table; // the destination
	Oid owner; // its owner, as whom the queries run
	// Where the destination's rows are while the queries run: itself, or its future heap.
	std::string rows_in;
	// Which rows of the destination are new: a condition on fk.*, or '' for all.
	std::string condition;
	// In place of both for a table with partitions.
	const PartitionRows *partitions = nullptr;
};

// Locks the other table of each constraint, which may be the destination itself, then looks for a row that breaks it.
// Throws Error 23503.
void CheckForeignKeys(const leaf::ForeignKeyList &list, const ForeignKeyScope &scope, const LockPatience &patience,
					  RunJournal &journal);

} // namespace sluice::engine
