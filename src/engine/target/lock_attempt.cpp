#include "engine/target/lock_attempt.hpp"

#include "core/steady_clock.hpp"
#include "pg/pause.hpp"

extern "C" {
#include "catalog/pg_inherits.h"
#include "storage/lmgr.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr const char *kWaitEvent = "SluiceTableLock";
constexpr long kPauseMilliseconds = 1000;
constexpr long kBriefMilliseconds = 10;
constexpr int kDeadlockMilliseconds = 100;

void
LimitWaits(int64 milliseconds)
{
	(void)set_config_option("lock_timeout", psprintf(INT64_FORMAT, std::max<int64>(milliseconds, 1)), PGC_USERSET,
							PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void)set_config_option("deadlock_timeout", psprintf("%d", std::min(DeadlockTimeout, kDeadlockMilliseconds)),
							PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

[[noreturn]] void
RaiseBusy(Oid relation)
{
	ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("relation with OID %u is in use", relation)));
}

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
LockWithin(Oid relation, LOCKMODE mode, int64 milliseconds)
{
	int const level = NewGUCNestLevel();
	LimitWaits(milliseconds);
	LockRelationOid(relation, mode);
	AtEOXact_GUC(false, level);
}

void
LockAllWithin(LockAttempt *attempt)
{
	int const level = NewGUCNestLevel();
	SteadyTime deadline = 0;
	for (int i = 0; i < attempt->count; ++i) {
		Oid const relation = attempt->relations[i];
		attempt->failed = relation;
		if (!ConditionalLockRelationOid(relation, attempt->mode)) {
			int64 left = attempt->first_milliseconds;
			if (left <= 0) {
				RaiseBusy(relation);
			}
			if (i > 0) {
				deadline = deadline != 0 ? deadline : SteadyIn(attempt->rest_milliseconds);
				left = MillisecondsUntil(deadline);
			}
			LimitWaits(left);
			LockRelationOid(relation, attempt->mode);
		}
	}
	AtEOXact_GUC(false, level);
}

void
LockAllNow(Oid relation, LOCKMODE mode)
{
	TreeMembers const *members = ListTree(relation);
	for (int i = 0; i < members->count; ++i) {
		if (!ConditionalLockRelationOid(members->relations[i], mode)) {
			RaiseBusy(members->relations[i]);
		}
	}
	TreeMembers const *now = ListTree(relation);
	if (now->count != members->count || memcmp(now->relations, members->relations, sizeof(Oid) * members->count) != 0) {
		ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
						errmsg("the partitions of relation with OID %u changed while they were locked", relation)));
	}
}

bool
PollLock(Oid relation, LOCKMODE mode, int64 milliseconds)
{
	SteadyTime const deadline = SteadyIn(milliseconds);
	while (!ConditionalLockRelationOid(relation, mode)) {
		if (SteadyNow() >= deadline) {
			return false;
		}
		PauseBriefly();
	}
	return true;
}

void
AwaitLock(Oid relation, LOCKMODE mode, int64 milliseconds)
{
	(void)PollLock(relation, mode, milliseconds);
	RaiseBusy(relation);
}

TreeMembers *
ListTree(Oid relation)
{
	auto *members = static_cast<TreeMembers *>(palloc0(sizeof(TreeMembers)));
	List *all = get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE ? find_all_inheritors(relation, NoLock, nullptr)
																	   : list_make1_oid(relation);
	members->relations = static_cast<Oid *>(palloc(sizeof(Oid) * list_length(all)));
	ListCell *cell;
	foreach (cell, all) {
		members->relations[members->count++] = lfirst_oid(cell);
	}
	list_free(all);
	return members;
}

void
PauseForLock()
{
	pg::leaf::Pause(kPauseMilliseconds, kWaitEvent);
}

void
PauseBriefly()
{
	pg::leaf::Pause(kBriefMilliseconds, kWaitEvent);
}

} // namespace sluice::engine::leaf
