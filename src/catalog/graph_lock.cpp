#include "catalog/graph_lock.hpp"

extern "C" {
#include "common/hashfn.h"
}

namespace sluice::catalog::leaf {

namespace {

// A class of advisory locks that no SQL function can take; 31 and 32 are those of runs.
constexpr uint16 kGraphClass = 33;
constexpr int kPatience = 10'000;

LOCKTAG
TagOf(const GraphLock *lock)
{
	uint64 const key = hash_bytes_extended(lock->pipeline.data, sizeof(lock->pipeline.data), 0);
	LOCKTAG tag;
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, static_cast<uint32>(key >> 32), static_cast<uint32>(key), kGraphClass);
	return tag;
}

LOCKMODE
ModeOf(const GraphLock *lock)
{
	return lock->change ? ExclusiveLock : ShareLock;
}

} // namespace

void
LockGraph(const GraphLock *locks, int count)
{
	int const level = NewGUCNestLevel();
	if (LockTimeout == 0 || LockTimeout > kPatience) {
		char text[16];
		pg_snprintf(text, sizeof(text), "%d", kPatience);
		(void)set_config_option("lock_timeout", text, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	}
	for (int i = 0; i < count; ++i) {
		LOCKTAG const tag = TagOf(&locks[i]);
		(void)LockAcquire(&tag, ModeOf(&locks[i]), false, false);
	}
	AtEOXact_GUC(true, level);
}

void
UnlockGraph(const GraphLock *locks, int count)
{
	for (int i = 0; i < count; ++i) {
		LOCKTAG const tag = TagOf(&locks[i]);
		(void)LockRelease(&tag, ModeOf(&locks[i]), false);
	}
}

} // namespace sluice::catalog::leaf
