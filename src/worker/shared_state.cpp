#include "worker/shared_state.hpp"

namespace sluice::worker {

namespace {

SharedState *shared = nullptr;
shmem_request_hook_type previous_request_hook = nullptr;
shmem_startup_hook_type previous_startup_hook = nullptr;

constexpr const char *kTranche = "pg_sluice";

// Runs need worker processes; a few slots more for ends that a scheduler has not looked at yet.
int
RunSlots()
{
	return max_worker_processes + 16;
}

Size
SharedSize()
{
	return add_size(offsetof(SharedState, runs), mul_size(RunSlots(), sizeof(RunSlot)));
}

void
RequestSharedMemory()
{
	if (previous_request_hook != nullptr) {
		previous_request_hook();
	}
	RequestAddinShmemSpace(SharedSize());
	RequestNamedLWLockTranche(kTranche, 1);
}

// Also runs after a crash, when the postmaster makes its shared memory anew.
void
StartSharedMemory()
{
	if (previous_startup_hook != nullptr) {
		previous_startup_hook();
	}
	bool found = false;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = static_cast<SharedState *>(ShmemInitStruct("pg_sluice", SharedSize(), &found));
	if (!found) {
		memset(shared, 0, SharedSize());
		shared->lock = &GetNamedLWLockTranche(kTranche)->lock;
		ConditionVariableInit(&shared->changed);
		pg_atomic_init_u64(&shared->changes, 1);
		shared->rescan = true;
		shared->run_slots = RunSlots();
	}
	LWLockRelease(AddinShmemInitLock);
}

} // namespace

SharedState *
Shared()
{
	return shared;
}

namespace leaf {

void
InstallSharedMemory()
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = RequestSharedMemory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = StartSharedMemory;
}

int
SchedulerLimit()
{
	// Our launcher and the one of logical replication have a slot each; half of the rest is for runs.
	int const limit = (max_worker_processes - 2) / 2;
	return limit < 1 ? 1 : limit;
}

int
ReserveSize()
{
	// Our launcher and that of logical replication have a slot each.
	int const most = max_worker_processes - 3;
	int const runs = pg::Settings::reserved_workers < most ? pg::Settings::reserved_workers : most;
	return runs < 1 ? 0 : 1 + runs;
}

void
AnnounceChange()
{
	pg_atomic_fetch_add_u64(&shared->changes, 1);
	ConditionVariableBroadcast(&shared->changed);
}

} // namespace leaf

} // namespace sluice::worker
