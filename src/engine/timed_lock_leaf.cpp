#include "engine/timed_lock_leaf.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "storage/lmgr.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr long kPauseMilliseconds = 1000;

} // namespace

bool
TryLock(Oid relation, LOCKMODE mode)
{
	return ConditionalLockRelationOid(relation, mode);
}

void
LockUntimed(Oid relation, LOCKMODE mode)
{
	LockRelationOid(relation, mode);
}

void
LockWithin(Oid relation, LOCKMODE mode, const char *milliseconds)
{
	int const level = NewGUCNestLevel();
	(void)set_config_option("lock_timeout", milliseconds, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	LockRelationOid(relation, mode);
	AtEOXact_GUC(false, level);
}

void
PauseForLock()
{
	static uint32 wait_event = 0;
	if (wait_event == 0) {
		wait_event = pg::compat::WaitEvent("SluiceTableLock");
	}
	(void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kPauseMilliseconds, wait_event);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

} // namespace sluice::engine::leaf
