// The locks that every run takes, by worker or by CALL, and never waits for (design rule 12), but a moment for a
// holder that is letting go. They work between
// sessions without shared memory of ours. Leaf code: may raise.
//
// A worker's session holds them from its first transaction to its last, each of its chunks takes them again for itself,
// because code of the owner may call pg_advisory_unlock_all().
#pragma once

#include "pg/prelude.hpp"

namespace sluice::worker::leaf {

enum class LockOutcome : int {
	Taken,
	PipelineBusy, // another run of this pipeline
	DatabaseBusy, // pg_sluice.single_run, now or when the other run began
};
enum class LockSpan : int { Transaction, Session };
// All of them or none.
LockOutcome TakeRunLocks(const pg_uuid_t *pipeline, bool single_run, LockSpan span);
// What the session held is held by the current transaction alone from here on: others find it free when they see what
// that commits. Other advisory locks of the session, which code of the run may have taken, are free at once.
// single_run: as when it was taken.
void LeaveRunLocksToTransaction(const pg_uuid_t *pipeline, bool single_run);
// In a transaction that holds none of them itself: the session takes those again that code of the owner has let go of.
LockOutcome RenewRunLocks(const pg_uuid_t *pipeline, bool single_run);

// Whether another session is running this pipeline, or anything in this database.
bool IsPipelineLocked(const pg_uuid_t *pipeline);
bool IsDatabaseLocked();

} // namespace sluice::worker::leaf
