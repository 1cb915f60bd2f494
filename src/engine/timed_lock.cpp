#include "engine/timed_lock.hpp"

#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "engine/timed_lock_leaf.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

void
LockTable(Oid relation, LOCKMODE mode, const LockPatience &patience, const char *purpose, RunJournal &journal)
{
	// Without waiting in the common case: no subtransaction is needed to fail.
	if (pg::Call(leaf::TryLock, relation, mode)) {
		return;
	}
	std::string const name = pg::QualifiedName(relation);
	std::string const milliseconds = Format("{}", std::max<int64_t>(patience.timeout / 1000, 1));
	for (int64_t attempt = 1; attempt <= patience.attempts; ++attempt) {
		std::optional<Error> const failure =
			pg::Subtransaction([&] { pg::Call(leaf::LockWithin, relation, mode, milliseconds.c_str()); });
		if (!failure) {
			return;
		}
		if (failure->State() != sqlstate::kLockNotAvailable) {
			throw *failure;
		}
		journal.Warning(Format("{} is in use: the lock for {} was not available within {}, attempt {} of {}", name,
							   purpose, FormatDuration(patience.timeout), attempt, patience.attempts));
		if (attempt < patience.attempts) {
			pg::Call(leaf::PauseForLock);
		}
	}
	throw Error(sqlstate::kLockNotAvailable, Format("could not lock {} for {}", name, purpose),
				"Another session uses it: pg_locks and pg_stat_activity show which. The options swap_lock_timeout and "
				"swap_lock_attempts say how long a run waits.");
}

} // namespace sluice::engine
