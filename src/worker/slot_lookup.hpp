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
// Those among them that found no place while there was a background worker slot: the others look again by themselves.
void WakeRefused(Oid database);
// When the oldest run was due that waits there for a place: newer ones of other databases give way to it. Where there
// is none any more, or a newer one, those are woken that gave way.
void SetClaim(DatabaseSlot *slot, TimestampTz due);
// The same when nobody gives way to it, though it stays.
void WakeWhoGaveWay(const DatabaseSlot *slot, TimestampTz up_to);
// After a scheduler that failed: longer and longer, up to five minutes.
void PostponeDatabase(DatabaseSlot *slot, SteadyTime now);

} // namespace sluice::worker::leaf
