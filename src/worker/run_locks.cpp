#include "worker/run_locks.hpp"

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

bool
HasHolder(const LOCKTAG *tag)
{
	int count = 0;
	(void)GetLockConflicts(tag, ExclusiveLock, &count);
	return count > 0;
}

} // namespace

LockOutcome
TakeRunLocks(const pg_uuid_t *pipeline, bool single_run)
{
	LOCKTAG const database = MakeTag(0, kDatabaseClass);
	if (LockAcquire(&database, single_run ? ExclusiveLock : ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL) {
		return LockOutcome::DatabaseBusy;
	}
	LOCKTAG const tag = PipelineTag(pipeline);
	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL) {
		return LockOutcome::PipelineBusy;
	}
	return LockOutcome::Taken;
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
	LOCKTAG const tag = MakeTag(0, kDatabaseClass);
	return HasHolder(&tag);
}

} // namespace sluice::worker::leaf
