// What shared memory says about each database: is a scheduler there, when must it come back, who keeps
// it out. Leaf code: plain data, may raise. All of it is a no-op without shared memory.
#pragma once

#include "core/steady_clock.hpp"
#include "worker/shared_state.hpp"

namespace sluice::worker::leaf {

// -- Backends ------------------------------------------------------------------------------------

// Work was committed in this database: wakes its scheduler, or the launcher.
void PokeDatabase(Oid database);
// An extension was created there: the launcher is to look whether it is ours.
void PokeProbe(Oid database);
// Databases came or went.
void PokeRescan();

// Keeps schedulers out of a database and sends away the one that is there, until UnbarMine, which every
// end of this backend's transaction calls.
void BarDatabase(Oid database);
void UnbarMine();
bool HasScheduler(Oid database);

// -- The scheduler of a database -----------------------------------------------------------------

// False: another one is there, or the database is barred or unknown.
bool AttachScheduler(Oid database);
// before_shmem_exit callback; the launcher brings back a scheduler that did not leave by itself.
void DetachScheduler(int code, Datum database);

struct WakeOrder {
	bool barred;
	bool others_wait; // databases without a scheduler want this one's place
	bool poked;		  // since the last BeginWake
};
void BeginWake(Oid database, WakeOrder *order);
// Whether anything was said to it since the last BeginWake: work, a bar, the end of its slot. The latch alone does not
// tell: a wait for a lock, or for a page to be read, resets it.
bool HasWord(Oid database);

struct SchedulerReport {
	bool has_extension;
	TimestampTz next_due;
	TimestampTz waiting_due;
	bool starved;
};
void ReportScheduler(Oid database, const SchedulerReport *report);
// Who owns pipelines there, as the least and the greatest OID; true when somebody else does, here or in another
// database, so that places for runs are to be shared.
bool NoteOwners(Oid database, Oid first, Oid last);
// What the scheduler has set aside: how many, and why one of them.
void ReportTrouble(Oid database, int set_aside, const char *trouble);
// Whether the extension there is of another version than the library. True the first time it is: then it is told.
bool NoteMisfit(Oid database, bool misfit);
// How far the history has been purged; another scheduler of the database goes on there.
struct PurgeMarks {
	TimestampTz purged_to;
	pg_uuid_t swept_to;
};
void ReadPurgeMarks(Oid database, PurgeMarks *marks);
void WritePurgeMarks(Oid database, const PurgeMarks *marks);
// Its runs do not wait for a place any more, as far as others can see.
void WithdrawClaim(Oid database);
// False: poked meanwhile, so stay.
bool LeaveDatabase(Oid database);

// -- The launcher --------------------------------------------------------------------------------

void AttachLauncher();
void DetachLauncher(int code, Datum unused);
bool TakeRescan();
// The databases that exist now, sorted. Returns how many found no slot.
int SyncDatabases(const Oid *databases, int count);

struct LaunchInput {
	SteadyTime now;
	TimestampTz clock_now; // the scheduler's clock
	bool enabled;
	int max_concurrent_runs;
};
struct LaunchPlan {
	Oid database; // start its scheduler now; InvalidOid: none
	int waiting;  // how many more would like to
	int64 wait;	  // microseconds until something changes by itself
};
// Decides which database's scheduler to start next: work first, oldest first; then one look at a time
// into databases not seen since the server started, or not for a while.
void PlanLaunch(const LaunchInput *input, LaunchPlan *plan);
// Before its scheduler is registered; taken back when there was no worker slot, then others make room.
void NoteLaunch(Oid database, bool registered);
// Its scheduler was registered but never came.
void NoteLaunchFailed(Oid database);

} // namespace sluice::worker::leaf
