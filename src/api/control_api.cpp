// pause_pipeline, resume_pipeline, stop_pipeline, stop_run.

#include "api/arguments.hpp"
#include "api/due_time.hpp"
#include "api/rights.hpp"
#include "pg/settings.hpp"
#include "worker/control.hpp"

namespace {

bool
Stop(const sluice::catalog::RunRow &run)
{
	if (run.from_this_transaction) {
		// Nobody else can see it yet.
		return sluice::catalog::ClosePending(run.id, "stopped", "stopped by the transaction that triggered it");
	}
	bool const queued = run.status == "pending";
	if (!queued && run.status != "running") {
		return false;
	}
	// A queued run may have got its worker a moment ago.
	return sluice::worker::RequestStop(run.id, GetUserId()) ||
		   (queued && sluice::worker::RequestStopPending(run.id, GetUserId()));
}

} // namespace

SLUICE_PIPELINE_FUNCTION(sluice_pause_pipeline)
{
	std::optional<std::string> const reason = sluice::api::Argument(fcinfo, 1);
	sluice::catalog::Pipeline const found = sluice::api::FindForChange(pipeline);
	sluice::catalog::SetPaused(found.id, true, reason, std::nullopt);
	sluice::catalog::ClosePendingOf(found.id, "skipped", reason ? "paused: " + *reason : "paused");
	// Their batches go on without them.
	sluice::worker::PokeAtCommit();
	PG_RETURN_VOID();
}

SLUICE_PIPELINE_FUNCTION(sluice_resume_pipeline)
{
	sluice::catalog::Pipeline found = sluice::api::FindForChange(pipeline);
	bool const was_paused = found.paused;
	found.paused = false;
	std::optional<TimestampTz> const known =
		was_paused || found.parked ? std::nullopt : sluice::catalog::NextDueOf(found.id);
	std::optional<TimestampTz> const next = known ? known : sluice::api::NextDue(found);
	sluice::catalog::SetPaused(found.id, false, std::nullopt, next);
	sluice::api::TellNextDue(found, next);
	sluice::api::WarnIfParked(found);
	sluice::worker::PokeAtCommit();
	PG_RETURN_VOID();
}

SLUICE_PIPELINE_FUNCTION(sluice_stop_pipeline)
{
	sluice::catalog::Pipeline const found = sluice::api::FindForUse(pipeline);
	sluice::api::RequirePreload("stop_pipeline");
	bool stopped = false;
	for (const std::string &id : sluice::catalog::ActiveRuns(found.id)) {
		std::optional<sluice::catalog::RunRow> const run = sluice::catalog::FindRun(id, true);
		stopped = (run && Stop(*run)) || stopped;
	}
	PG_RETURN_BOOL(stopped);
}

SLUICE_FUNCTION(sluice_stop_run)
{
	sluice::catalog::RunRow const run =
		sluice::api::FindRunForUse(sluice::api::RequiredArgument(fcinfo, 0, "run", UUIDOID));
	sluice::api::RequirePreload("stop_run");
	PG_RETURN_BOOL(Stop(run));
}
