#include "engine/write/foreign_key_check.hpp"

#include "engine/write/deferred_check.hpp"
#include "engine/write/key_violation.hpp"
#include "pg/constraint_timing.hpp"

namespace sluice::engine {

namespace {

// Where the caller's transaction could have waited, it is told so.
const char *
HintFor(bool own, bool deferrable)
{
	return own && deferrable ? "Load the referenced rows first, or both tables in one transaction: a list in CALL "
							   "run_pipelines, with the constraint deferred."
		   : own			 ? "Load the referenced rows first."
							 : "The source no longer has a row that another table refers to.";
}

} // namespace

void
CheckForeignKeys(const leaf::ForeignKeyList &list, Oid owner, const PartitionRows &rows, const LockPatience &patience,
				 RunJournal &journal)
{
	if (list.count == 0) {
		return;
	}
	pg::Call(CommandCounterIncrement);
	for (int i = 0; i < list.count; ++i) {
		const leaf::ForeignKey &key = list.keys[i];
		bool const own = rows.Holds(key.referencing);
		// Also where the check waits: at the commit nothing is waited for, with a swapped table locked.
		LockTree(own ? key.referenced : key.referencing, ShareRowExclusiveLock, patience, "checking foreign keys",
				 journal);
		if (list.may_wait && key.deferrable && pg::TimingOf(key.constraint) == pg::ConstraintTiming::Deferred) {
			DeferCheck(key, own, rows);
			journal.Info(Format("foreign key \"{}\" is still to be checked", key.name));
			continue;
		}
		CheckForeignKey({key, own, &rows, owner, GetUserId(), HintFor(own, key.deferrable)});
		journal.Info(Format("foreign key \"{}\" checked by one query", key.name));
	}
}

} // namespace sluice::engine
