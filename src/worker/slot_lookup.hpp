// Looking up and waking, for the leaf code of shared memory. The caller holds the lock.
#pragma once

#include "core/steady_clock.hpp"
#include "worker/shared_state.hpp"

namespace sluice::worker::leaf {

// Null when the database has no slot.
DatabaseSlot *FindDatabase(Oid database);
// The slot in which this run is launching or running; null when there is none.
RunSlot *FindLiveRun(Oid database, const pg_uuid_t *run);
bool IsLive(const RunSlot *slot);
int CountLiveRuns();

void WakeLauncher();
// Notes that there is work and wakes the scheduler, or the launcher to bring one.
void WakeDatabase(Oid database);
// A place for a run became free: wakes this database and all that wait for one.
void WakeAfterRun(Oid database);
// Wakes all other databases that wait for one.
void WakeWaiting(Oid database);
// After a scheduler that failed: longer and longer, up to five minutes.
void PostponeDatabase(DatabaseSlot *slot, SteadyTime now);

} // namespace sluice::worker::leaf
