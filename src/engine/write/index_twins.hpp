// The indexes of a table that is being replaced are built on its new heap while readers go on with the old one
// (design rule 17), one after the other, each within maintenance_work_mem.
#pragma once

#include "core/run_journal.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/write/index_twin.hpp"

namespace sluice::engine {

// Locks each index of the table against changes of its definition, builds its twin on the heap. SHARE ROW EXCLUSIVE
// is held on the table. Errors name the table and its index, never the twin. each_logged: with its time.
leaf::IndexTwinList *BuildIndexTwins(Relation table, Relation heap, const LockPatience &patience, RunJournal &journal,
									 bool each_logged = true);

} // namespace sluice::engine
