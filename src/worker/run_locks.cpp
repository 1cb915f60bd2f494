#include "worker/run_locks.hpp"

#include "pg/pause.hpp"

extern "C" {
#include "common/hashfn.h"
}

namespace sluice::worker::leaf {

namespace {

// Classes of advisory locks that no SQL function can take: those use 1 and 2.
constexpr uint16 kPipelineClass = 31;
constexpr uint16 kDatabaseClass = 32;

LOCKTAG
MakeTag(uint64 key, uint16 lock_class)
{
	LOCKTAG tag;
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, static_cast<uint32>(key >> 32), static_cast<uint32>(key), lock_class);
	return tag;
}

LOCKTAG
PipelineTag(const pg_uuid_t *pipeline)
{
	return MakeTag(hash_bytes_extended(pipeline->data, sizeof(pipeline->data), 0), kPipelineClass);
}

LOCKTAG
DatabaseTag()
{
	return MakeTag(0, kDatabaseClass);
}

LOCKMODE
DatabaseMode(bool single_run)
{
	return single_run ? ExclusiveLock : ShareLock;
}

bool
HasHolder(const LOCKTAG *tag)
{
	int count = 0;
	(void)GetLockConflicts(tag, ExclusiveLock, &count);
	return count > 0;
}

LockOutcome
TryRunLocks(const LOCKTAG *pipeline, bool single_run, bool in_session)
{
	LOCKTAG const database = DatabaseTag();
	if (LockAcquire(&database, DatabaseMode(single_run), in_session, true) == LOCKACQUIRE_NOT_AVAIL) {
		return LockOutcome::DatabaseBusy;
	}
	if (LockAcquire(pipeline, ExclusiveLock, in_session, true) == LOCKACQUIRE_NOT_AVAIL) {
		(void)LockRelease(&database, DatabaseMode(single_run), in_session);
		return LockOutcome::PipelineBusy;
	}
	return LockOutcome::Taken;
}

// Held once by the session, before and after, where only the session can hold it.
bool
Renew(const LOCKTAG *tag, LOCKMODE mode)
{
	LockAcquireResult const result = LockAcquire(tag, mode, true, true);
	if (result == LOCKACQUIRE_ALREADY_HELD || result == LOCKACQUIRE_ALREADY_CLEAR) {
		(void)LockRelease(tag, mode, true);
	}
	return result != LOCKACQUIRE_NOT_AVAIL;
}

} // namespace

LockOutcome
TakeRunLocks(const pg_uuid_t *pipeline, bool single_run, LockSpan span)
{
	constexpr int kMostAttempts = 100;
	LOCKTAG const tag = PipelineTag(pipeline);
	LOCKTAG const database = DatabaseTag();
	for (int attempt = 1;; ++attempt) {
		LockOutcome const outcome = TryRunLocks(&tag, single_run, span == LockSpan::Session);
		// A holder without a transaction has ended it and is about to let go: whoever has seen that end, as
		// wait_for_run has, may be here first.
		if (outcome == LockOutcome::Taken || attempt == kMostAttempts ||
			HasHolder(outcome == LockOutcome::PipelineBusy ? &tag : &database)) {
			return outcome;
		}
		pg::leaf::Pause(1, "PgSluiceRunLock");
	}
}

void
LeaveRunLocksToTransaction(const pg_uuid_t *pipeline, bool single_run)
{
	(void)TakeRunLocks(pipeline, single_run, LockSpan::Transaction);
	// Not one by one: of a lock that is not held any more the server would warn.
	LockReleaseSession(USER_LOCKMETHOD);
}

LockOutcome
RenewRunLocks(const pg_uuid_t *pipeline, bool single_run)
{
	LOCKTAG const database = DatabaseTag();
	LOCKTAG const tag = PipelineTag(pipeline);
	if (!Renew(&database, DatabaseMode(single_run))) {
		return LockOutcome::DatabaseBusy;
	}
	return Renew(&tag, ExclusiveLock) ? LockOutcome::Taken : LockOutcome::PipelineBusy;
}

bool
IsPipelineLocked(const pg_uuid_t *pipeline)
{
	LOCKTAG const tag = PipelineTag(pipeline);
	return HasHolder(&tag);
}

bool
IsDatabaseLocked()
{
	LOCKTAG const tag = DatabaseTag();
	return HasHolder(&tag);
}

} // namespace sluice::worker::leaf
