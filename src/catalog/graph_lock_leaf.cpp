#include "catalog/graph_lock_leaf.hpp"

namespace sluice::catalog::leaf {

namespace {

// A class of advisory locks that no SQL function can take; 31 and 32 are those of runs.
constexpr uint16 kGraphClass = 33;

} // namespace

void
LockGraph(bool change)
{
	LOCKTAG tag;
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, kGraphClass);
	(void)LockAcquire(&tag, change ? ExclusiveLock : ShareLock, false, false);
}

} // namespace sluice::catalog::leaf
