// The locks that every run takes in its own transaction, by worker or by CALL, and never waits for
// (design rule 12). They work between sessions without shared memory of ours. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::worker::leaf {

enum class LockOutcome : int {
	Taken,
	PipelineBusy, // another run of this pipeline
	DatabaseBusy, // pg_sluice.single_run, now or when the other run began
};
// Held until the transaction ends.
LockOutcome TakeRunLocks(const pg_uuid_t *pipeline, bool single_run);

// Whether another session is running this pipeline, or anything in this database.
bool IsPipelineLocked(const pg_uuid_t *pipeline);
bool IsDatabaseLocked();

} // namespace sluice::worker::leaf
