#include "engine/timed_lock.hpp"

#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "engine/timed_lock_leaf.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

struct Attempt {
	const LockPatience &patience;
	int64_t number;
	const char *purpose;
};

std::string
Milliseconds(int64_t microseconds)
{
	return Format("{}", std::max<int64_t>(microseconds / 1000, 1));
}

void
Warn(Oid relation, const Attempt &attempt, int64_t waited, RunJournal &journal)
{
	journal.Warning(Format("{} is in use: the lock for {} was not available within {}, attempt {} of {}",
						   pg::QualifiedName(relation), attempt.purpose, FormatDuration(waited), attempt.number,
						   attempt.patience.attempts));
	if (attempt.number < attempt.patience.attempts) {
		pg::Call(leaf::PauseForLock);
	}
}

[[noreturn]] void
GiveUp(Oid relation, const char *purpose)
{
	throw Error(sqlstate::kLockNotAvailable, Format("could not lock {} for {}", pg::QualifiedName(relation), purpose),
				"Another session uses it: pg_locks and pg_stat_activity show which. The options swap_lock_timeout and "
				"swap_lock_attempts say how long a run waits.");
}

// False when the lock was not available.
template <typename Body>
bool
Try(Body body)
{
	std::optional<Error> const failure = pg::Subtransaction(body);
	if (failure && failure->State() != sqlstate::kLockNotAvailable) {
		throw *failure;
	}
	return !failure;
}

} // namespace

void
LockTable(Oid relation, LOCKMODE mode, const LockPatience &patience, const char *purpose, RunJournal &journal)
{
	// Without waiting in the common case: no subtransaction is needed to fail.
	if (pg::Call(leaf::TryLock, relation, mode)) {
		return;
	}
	std::string const milliseconds = Milliseconds(patience.timeout);
	for (int64_t number = 1; number <= patience.attempts; ++number) {
		if (Try([&] { pg::Call(leaf::LockWithin, relation, mode, milliseconds.c_str()); })) {
			return;
		}
		Warn(relation, {patience, number, purpose}, patience.timeout, journal);
	}
	GiveUp(relation, purpose);
}

void
LockTables(const std::vector<Oid> &relations, LOCKMODE mode, const LockPatience &patience, const char *purpose,
		   RunJournal &journal)
{
	if (relations.size() <= 1) {
		for (Oid const relation : relations) {
			LockTable(relation, mode, patience, purpose, journal);
		}
		return;
	}
	int64_t const rest = std::min<int64_t>(patience.timeout, DeadlockTimeout * kMillisecond / 2);
	leaf::LockAttempt attempt{
		relations.data(), static_cast<int>(relations.size()), mode, patience.timeout / 1000, rest / 1000, InvalidOid};
	for (int64_t number = 1; number <= patience.attempts; ++number) {
		if (Try([&] { pg::Call(leaf::LockAllWithin, &attempt); })) {
			return;
		}
		bool const first = attempt.failed == relations.front();
		Warn(attempt.failed, {patience, number, purpose}, first ? patience.timeout : rest, journal);
		if (!first && number < patience.attempts) {
			// Holding nothing, it can be waited for as long as for the first.
			(void)Try([&] { pg::Call(leaf::AwaitLock, attempt.failed, mode, attempt.first_milliseconds); });
		}
	}
	GiveUp(attempt.failed, purpose);
}

std::vector<Oid>
LockTree(Oid relation, LOCKMODE mode, const LockPatience &patience, const char *purpose, RunJournal &journal)
{
	std::vector<Oid> locked;
	for (;;) {
		leaf::TreeMembers const *members = pg::Call(leaf::ListTree, relation);
		std::vector<Oid> now(members->relations, members->relations + members->count);
		if (now == locked) {
			return locked;
		}
		// One was attached, detached or dropped meanwhile.
		LockTables(now, mode, patience, purpose, journal);
		locked = std::move(now);
	}
}

bool
TryLockTree(Oid relation, LOCKMODE mode)
{
	if (pg::Call(get_rel_relkind, relation) != RELKIND_PARTITIONED_TABLE) {
		return pg::Call(leaf::TryLock, relation, mode);
	}
	return Try([&] { pg::Call(leaf::LockAllNow, relation, mode); });
}

} // namespace sluice::engine
