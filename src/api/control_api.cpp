// pause_pipeline, resume_pipeline, stop_pipeline, stop_run.

#include "api/arguments.hpp"
#include "api/due_time.hpp"
#include "api/rights.hpp"
#include "catalog/run_queue.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "core/text_bounds.hpp"
#include "pg/settings.hpp"
#include "worker/control.hpp"

namespace {

namespace catalog = sluice::catalog;
namespace worker = sluice::worker;
using sluice::Format;

sluice::Error
Locked(const std::string &what)
{
	return sluice::Error(sluice::sqlstate::kLockNotAvailable, what,
						 "Another session holds a lock on the row of the run; try again.");
}

// Queued runs have no process to signal: the scheduler is asked to close them, so that ROLLBACK does not undo it. When
// too many such requests are open, this transaction does it.
std::string
StoppedByCaller()
{
	return Format("stopped by role \"{}\"", catalog::CurrentUserName());
}

bool
Stop(const catalog::RunRow &run)
{
	if (run.from_this_transaction) {
		// Nobody else can see it yet.
		return catalog::ClosePending(run.id, "stopped", "stopped by the transaction that triggered it");
	}
	bool const queued = run.status == "pending";
	if (!queued && run.status != "running") {
		return false;
	}
	// A queued run may have got its worker a moment ago.
	if (worker::RequestStop(run.id, GetUserId()) || (queued && worker::RequestStopPending(run.id, GetUserId()))) {
		return true;
	}
	if (!queued) {
		return false;
	}
	if (!catalog::ClosePending(run.id, "stopped", StoppedByCaller()) && !worker::RequestStop(run.id, GetUserId())) {
		throw Locked(Format("run {} could not be stopped", run.id));
	}
	worker::PokeAtCommit();
	return true;
}

bool
StopQueue(const std::string &pipeline_id)
{
	catalog::QueuedRuns const queued = catalog::FindQueued(pipeline_id);
	for (const std::string &own : queued.own) {
		(void)catalog::ClosePending(own, "stopped", "stopped by the transaction that triggered it");
	}
	if (queued.others > 0 && !worker::RequestStopQueued(pipeline_id, queued.last, GetUserId())) {
		(void)catalog::StopPendingOf(pipeline_id, queued.last, StoppedByCaller());
		worker::PokeAtCommit();
		int const left = catalog::FindQueued(pipeline_id, queued.last).others;
		if (left > 0) {
			throw Locked(Format("{} of {} queued runs could not be stopped", left, queued.others));
		}
	}
	return queued.others > 0 || !queued.own.empty();
}

} // namespace

SLUICE_PIPELINE_FUNCTION(sluice_pause_pipeline)
{
	std::optional<std::string> const reason = sluice::api::Argument(fcinfo, 1);
	if (reason) {
		sluice::CheckProse(sluice::Text::Reason, "reason", *reason);
	}
	sluice::catalog::Pipeline const found = sluice::api::FindForChange(pipeline);
	sluice::catalog::SetPaused(found.id, true, reason, std::nullopt);
	sluice::catalog::PausePendingOf(found.id, reason ? "paused: " + *reason : "paused");
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
	bool const live = worker::RequestStopOf(found.id, GetUserId()) > 0;
	bool const queued = StopQueue(found.id);
	PG_RETURN_BOOL(live || queued);
}

SLUICE_FUNCTION(sluice_stop_run)
{
	sluice::catalog::RunRow const run =
		sluice::api::FindRunForUse(sluice::api::RequiredArgument(fcinfo, 0, "run", UUIDOID));
	sluice::api::RequirePreload("stop_run");
	PG_RETURN_BOOL(Stop(run));
}
