#include "engine/timed_lock.hpp"

#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "pg/compat.hpp"
#include "pg/sql.hpp"

extern "C" {
#include "storage/lmgr.h"
}

namespace sluice::engine {

namespace {

constexpr long kPauseMilliseconds = 1000;

// Runs in a subtransaction of its own: its abort undoes the setting too.
void
LockWithin(Oid relation, LOCKMODE mode, const char *milliseconds)
{
	int const level = NewGUCNestLevel();
	(void) set_config_option("lock_timeout", milliseconds, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
	LockRelationOid(relation, mode);
	AtEOXact_GUC(false, level);
}

void
Pause(uint32 wait_event)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kPauseMilliseconds, wait_event);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

} // namespace

void
LockTable(Oid relation, LOCKMODE mode, const LockPatience &patience, const char *purpose, RunJournal &journal)
{
	// Without waiting in the common case: no subtransaction is needed to fail.
	if (pg::Call(ConditionalLockRelationOid, relation, mode)) {
		return;
	}
	std::string const name = pg::QualifiedName(relation);
	std::string const milliseconds = fmt::format("{}", std::max<int64_t>(patience.timeout / 1000, 1));
	for (int64_t attempt = 1; attempt <= patience.attempts; ++attempt) {
		std::optional<Error> const failure =
			pg::Subtransaction([&] { pg::Call(LockWithin, relation, mode, milliseconds.c_str()); });
		if (!failure) {
			return;
		}
		if (failure->State() != sqlstate::kLockNotAvailable) {
			throw *failure;
		}
		journal.Warning(fmt::format("{} is in use: the lock for {} was not available within {}, attempt {} of {}", name,
									purpose, FormatDuration(patience.timeout), attempt, patience.attempts));
		if (attempt < patience.attempts) {
			pg::Call(Pause, pg::Call(pg::compat::WaitEvent, static_cast<const char *>("SluiceTableLock")));
		}
	}
	throw Error(sqlstate::kLockNotAvailable, fmt::format("could not lock {} for {}", name, purpose),
				"Another session uses it: pg_locks and pg_stat_activity show which. The options swap_lock_timeout and "
				"swap_lock_attempts say how long a run waits.");
}

} // namespace sluice::engine
