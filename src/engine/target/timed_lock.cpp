#include "engine/target/timed_lock.hpp"

#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "engine/target/lock_attempt.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

constexpr int64_t kLookEvery = 100; // milliseconds
constexpr int64_t kInstant = 20;

struct Attempt {
	const LockPatience &patience;
	int64_t number;
	const char *purpose;
};

// While we wait, others queue behind us; and one that waits for a lock of ours finds the circle that our waiting closed
// when its own deadlock_timeout is over. By then we have stepped back.
int64_t
LongestWait()
{
	return std::max<int64_t>(DeadlockTimeout * kMillisecond / 2, kMillisecond);
}

enum class Outcome {
	Locked,
	Busy,
	Circle // who uses it waits for us: waiting any longer is in vain
};

void
Warn(Oid relation, const Attempt &attempt, int64_t waited, Outcome outcome, RunJournal &journal)
{
	if (outcome == Outcome::Circle) {
		journal.Warning(
			Format("{} is in use: the lock for {} is not to be had, because a session that uses it waits for "
				   "this run",
				   pg::QualifiedName(relation), attempt.purpose));
		return;
	}
	journal.Warning(Format("{} is in use: the lock for {} was not available within {}, attempt {} of {}",
						   pg::QualifiedName(relation), attempt.purpose, FormatDuration(waited), attempt.number,
						   attempt.patience.attempts));
	if (attempt.number < attempt.patience.attempts) {
		pg::Call(leaf::PauseForLock);
	}
}

// Seen while it lasts: what waits for minutes looks like one that hangs.
class WaitingPhase {
public:
	explicit WaitingPhase(RunJournal &journal) : journal_(journal), before_(journal.Phase())
	{
		journal_.EnterPhase(RunPhase::WaitingForLock);
	}
	void End() { journal_.EnterPhase(before_); }

private:
	RunJournal &journal_;
	RunPhase before_;
};

[[noreturn]] void
GiveUp(Oid relation, const char *purpose, Outcome outcome)
{
	throw Error(sqlstate::kLockNotAvailable, Format("could not lock {} for {}", pg::QualifiedName(relation), purpose),
				"Another session uses it: pg_locks and pg_stat_activity show which. The options swap_lock_timeout and "
				"swap_lock_attempts say how long a run waits.",
				outcome == Outcome::Circle ? "A session that uses it waits for a lock that this run holds." : "");
}

template <typename Body>
Outcome
Try(Body body)
{
	std::optional<Error> const failure = pg::Subtransaction(body);
	if (!failure) {
		return Outcome::Locked;
	}
	if (failure->State() != sqlstate::kLockNotAvailable && failure->State() != sqlstate::kDeadlockDetected) {
		throw *failure;
	}
	return failure->State() == sqlstate::kDeadlockDetected ? Outcome::Circle : Outcome::Busy;
}

// Who holds locks on a relation. One that waits for this run is waited for in vain. Where nobody does, only requests
// that came after ours are in the way, and the queue lets us pass them. Autovacuums yield to who waits for them in the
// queue, and never want a stronger lock.
enum class Holders { None, Autovacuum, Others, Circle };

Holders
LookAtHolders(Oid relation)
{
	pg::SqlOptions options;
	options.run_as = BOOTSTRAP_SUPERUSERID; // sees all sessions
	pg::SqlResult const found =
		pg::Sql("SELECT bool_or(pg_backend_pid() = ANY (pg_blocking_pids(l.pid))), bool_and(a.backend_type = "
				"'autovacuum worker'), "
				"count(*) = 0 FROM pg_locks l LEFT JOIN pg_stat_get_activity(NULL) a ON a.pid = l.pid "
				"WHERE l.locktype = 'relation' AND l.relation = $1::oid AND l.granted AND l.pid IS DISTINCT FROM "
				"pg_backend_pid() "
				"AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
				{Format("{}", relation)}, options);
	return found.IsTrue(0, 0)	? Holders::Circle
		   : found.IsTrue(0, 1) ? Holders::Autovacuum
		   : found.IsTrue(0, 2) ? Holders::None
								: Holders::Others;
}

// Waits for one of them; one that stands alone is kept when it comes.
bool
Await(const leaf::LockAttempt &attempt, Holders holders, int64_t milliseconds)
{
	bool const alone = attempt.count == 1;
	return Try([&] {
			   if (holders == Holders::Autovacuum) {
				   pg::Call(leaf::LockWithin, attempt.failed, attempt.mode, LongestWait() / kMillisecond);
			   } else if (!alone) {
				   pg::Call(leaf::AwaitLock, attempt.failed, attempt.mode, milliseconds);
			   } else if (!pg::Call(leaf::PollLock, attempt.failed, attempt.mode, milliseconds)) {
				   throw Error(sqlstate::kLockNotAvailable, "it is in use");
			   }
			   if (!alone) {
				   throw Error(sqlstate::kLockNotAvailable, "its abort gives the lock back");
			   }
		   }) == Outcome::Locked;
}

// ACCESS EXCLUSIVE, all of them at once or none: while it holds some, nothing is waited for. Whoever holds one of them
// in a circle with this run is never waited for.
Outcome
Poll(leaf::LockAttempt *attempt, int64_t timeout)
{
	SteadyTime const deadline = SteadyNow() + timeout;
	attempt->first_milliseconds = attempt->rest_milliseconds = 0;
	do {
		if (Try([&] { pg::Call(leaf::LockAllWithin, attempt); }) == Outcome::Locked) {
			return Outcome::Locked;
		}
		Holders const holders = LookAtHolders(attempt->failed);
		if (holders == Holders::Circle) {
			return Outcome::Circle;
		}
		attempt->first_milliseconds = attempt->rest_milliseconds = holders == Holders::None ? kInstant : 0;
		int64_t const left = MillisecondsUntil(deadline);
		if (holders != Holders::None && Await(*attempt, holders, std::min(left, kLookEvery))) {
			return Outcome::Locked;
		}
	} while (SteadyNow() < deadline);
	return Outcome::Busy;
}

// For as long as that in all, stepping back now and then. body: attempt(milliseconds), and whether to go on.
template <typename Body, typename More>
Outcome
TryFor(int64_t timeout, Body body, More more)
{
	for (int64_t left = timeout;;) {
		int64_t const wait = std::min(left, LongestWait());
		Outcome const outcome = Try([&] { body(wait / kMillisecond); });
		left -= wait;
		if (outcome != Outcome::Busy || left <= 0 || !more()) {
			return outcome;
		}
	}
}

} // namespace

void
LockTable(Oid relation, LOCKMODE mode, const LockPatience &patience, const char *purpose, RunJournal &journal)
{
	// Without waiting in the common case: no subtransaction is needed to fail.
	if (pg::Call(leaf::TryLock, relation, mode)) {
		return;
	}
	WaitingPhase waiting(journal);
	leaf::LockAttempt attempt{&relation, 1, mode, 0, 0, InvalidOid};
	Outcome outcome = Outcome::Busy;
	for (int64_t number = 1; outcome == Outcome::Busy && number <= patience.attempts; ++number) {
		outcome = mode == AccessExclusiveLock
					  ? Poll(&attempt, patience.timeout)
					  : TryFor(
							patience.timeout,
							[&](int64_t milliseconds) { pg::Call(leaf::LockWithin, relation, mode, milliseconds); },
							[] { return true; });
		if (outcome == Outcome::Locked) {
			waiting.End();
			return;
		}
		Warn(relation, {patience, number, purpose}, patience.timeout, outcome, journal);
	}
	waiting.End();
	GiveUp(relation, purpose, outcome);
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
	leaf::LockAttempt attempt{relations.data(), static_cast<int>(relations.size()), mode, 0, 0, InvalidOid};
	if (Try([&] { pg::Call(leaf::LockAllWithin, &attempt); }) == Outcome::Locked) {
		return;
	}
	WaitingPhase waiting(journal);
	int64_t const rest = std::min(patience.timeout, LongestWait());
	attempt.rest_milliseconds = rest / kMillisecond;
	auto const at_first = [&] { return attempt.failed == relations.front(); };
	Outcome outcome = Outcome::Busy;
	for (int64_t number = 1; outcome == Outcome::Busy && number <= patience.attempts; ++number) {
		bool const poll = mode == AccessExclusiveLock;
		outcome = poll ? Poll(&attempt, patience.timeout)
					   : TryFor(
							 patience.timeout,
							 [&](int64_t milliseconds) {
								 attempt.first_milliseconds = milliseconds;
								 pg::Call(leaf::LockAllWithin, &attempt);
							 },
							 at_first);
		if (outcome == Outcome::Locked) {
			waiting.End();
			return;
		}
		Warn(attempt.failed, {patience, number, purpose}, poll || at_first() ? patience.timeout : rest, outcome,
			 journal);
		if (!poll && outcome == Outcome::Busy && !at_first() && number < patience.attempts) {
			// Holding nothing, it can be waited for as long as for the first.
			(void)Try([&] { pg::Call(leaf::AwaitLock, attempt.failed, mode, patience.timeout / kMillisecond); });
		}
	}
	waiting.End();
	GiveUp(attempt.failed, purpose, outcome);
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
	return Try([&] { pg::Call(leaf::LockAllNow, relation, mode); }) == Outcome::Locked;
}

} // namespace sluice::engine
