#include "worker/run_attempt.hpp"

#include "catalog/run_settle.hpp"
#include "catalog/run_store.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "core/text_bounds.hpp"
#include "pg/extension.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/command_run.hpp"
#include "worker/last_words.hpp"
#include "worker/live_runs.hpp"
#include "worker/log.hpp"
#include "worker/own_slot.hpp"
#include "worker/parallel_slots.hpp"
#include "worker/run_session.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

struct Attempt {
	std::string run_id;
	std::string context;
	std::string root_run;
	bool only_look = false;
	std::optional<catalog::CursorSlice> slice;
	std::optional<std::string> repair;
	std::optional<catalog::Pipeline> pipeline;
	RunJournal journal{pg::Now};
	catalog::RunCounters counters;
	SessionLocks locks;
	bool started = false;
	bool passed_over = false;
};

void
ShowProgress(const engine::ProgressNow &now)
{
	leaf::ProgressReport const report{now.counters.records_read, now.counters.records_processed,
									  now.counters.bytes_processed, now.rows_expected, now.phase};
	pg::Call(leaf::ReportProgress, &report);
}

RunSlot
OwnRun()
{
	RunSlot slot;
	pg::Call(leaf::ReadOwnRun, &slot);
	return slot;
}

void
ReportActivity(const std::string &text)
{
	pg::Call(pgstat_report_activity, STATE_RUNNING, text.c_str());
}

// The first transaction: the run is taken. Not when it has been closed since the scheduler chose it.
void
Begin(Attempt &attempt)
{
	std::optional<catalog::RunRow> const row = catalog::FindRun(attempt.run_id);
	if (!row || row->status != "pending") {
		return;
	}
	attempt.root_run = row->root_run;
	attempt.only_look = row->lost_before == catalog::kOnlyLook;
	attempt.pipeline = catalog::FindPipeline(row->pipeline_id);
	if (!attempt.pipeline) {
		throw Error(sqlstate::kUndefinedObject, Format("pipeline \"{}\" does not exist any more", row->pipeline_name),
					"It was dropped while this run was queued.");
	}
	// Given to another role a moment ago: the scheduler starts it again, as that one. So it does where the owner was a
	// superuser when this process began: its session could still become any role. Or a CALL is about to let go of its
	// locks, which the scheduler cannot see while that transaction ends.
	Oid const owner = OwnRun().owner;
	bool const was_superuser = pg::Call(GetSessionUserIsSuperuser) && !pg::Call(superuser_arg, owner);
	if (attempt.pipeline->owner_oid != owner || was_superuser || !attempt.locks.Take(*attempt.pipeline)) {
		attempt.passed_over = true;
		return;
	}
	ReportActivity(Format("run {} of pipeline \"{}\"", attempt.run_id, attempt.pipeline->name));
	// A run that may leave something outside this database, or commits more than once, must be known as running after
	// any crash, or it would be made again.
	bool const leaves_traces = attempt.pipeline->destination || attempt.pipeline->command;
	pg::Call(leaves_traces ? leaf::CommitSafely : leaf::CommitLazily);
	attempt.context = catalog::ContextOf(attempt.run_id);
	attempt.slice = row->is_slice ? catalog::SliceOf(attempt.run_id) : std::nullopt;
	attempt.repair = row->repair;
	int version = attempt.pipeline->version;
	if (attempt.only_look && row->pipeline_version != version) {
		// What is looked for is where the lost run would have put it.
		version = row->pipeline_version;
		catalog::RestoreDestination(&*attempt.pipeline, version);
	}
	attempt.started = catalog::MarkRunning(attempt.run_id, version);
	attempt.passed_over = !attempt.started;
	if (attempt.passed_over) {
		attempt.locks.LeaveToTransaction();
	}
}

ErrorInfo
WithoutSecrets(const ErrorInfo &error)
{
	ErrorInfo info = error;
	info.message = Redact(CutMessage(info.message));
	info.detail = Redact(CutMessage(info.detail));
	info.hint = Redact(CutMessage(info.hint));
	info.context = Redact(CutMessage(info.context));
	return info;
}

bool
IsInterruption(const Error &error)
{
	return error.State() == sqlstate::kQueryCanceled || error.State() == sqlstate::kAdminShutdown ||
		   error.State() == sqlstate::kRunTimedOut;
}

// After the abort: the run's end in a transaction of its own. False when there is nowhere to write it.
bool
RecordEnd(Attempt &attempt, const Error &error)
{
	bool written = false;
	RunSlot const slot = OwnRun();
	pg::InTransaction([&] {
		pg::Call(leaf::CommitSafely);
		attempt.locks.LeaveToTransaction();
		if (!pg::FindExtension().Exists()) {
			written = true;
			return;
		}
		if (slot.stop_requested_at != 0 && IsInterruption(error)) {
			std::string const reason = "stopped by " + RoleText(slot.stop_requested_by);
			attempt.journal.Warning(reason);
			written =
				catalog::FinishRun(attempt.run_id, "stopped", reason, std::nullopt, attempt.counters, attempt.journal);
			return;
		}
		ErrorInfo const info = WithoutSecrets(error.Info());
		attempt.journal.Failure(WholeText(info));
		written = catalog::FinishRun(attempt.run_id, "failed", std::nullopt, info, attempt.counters, attempt.journal);
	});
	return written;
}

// The error that ended it, or nothing.
std::optional<Error>
Execute(Attempt &attempt)
{
	try {
		if (OwnRun().stop_requested_at != 0) {
			throw Error(sqlstate::kQueryCanceled, "canceling the run due to user request");
		}
		pg::InTransaction([&attempt] { Begin(attempt); });
		if (attempt.started) {
			pg::Call(leaf::MarkBegun);
			engine::RunRequest const request{*attempt.pipeline, attempt.run_id, ShowProgress,  attempt.root_run,
											 attempt.only_look, &kParallelHost, attempt.slice, attempt.repair};
			if (attempt.pipeline->command) {
				CommandRun(request, attempt.context, &attempt.locks, attempt.journal, &attempt.counters).Run();
			} else {
				RunSession(request, attempt.context, &attempt.locks, attempt.journal, &attempt.counters).Run();
			}
		}
		return std::nullopt;
	} catch (const Error &error) {
		return error;
	} catch (const std::bad_alloc &) {
		return Error(sqlstate::kOutOfMemory, "out of memory");
	} catch (const std::exception &error) {
		return Error(sqlstate::kInternalError, error.what());
	}
}

} // namespace

void
MakeAttempt(const std::string &run_id)
{
	Attempt attempt;
	attempt.run_id = run_id;
	std::optional<Error> const failure = Execute(attempt);
	if (!failure) {
		pg::Call(attempt.passed_over ? leaf::MarkPassedOver : leaf::MarkFinished);
		return;
	}
	pg::Call(leaf::HoldCancels);
	LogError(
		Format("run {} of pipeline \"{}\" ended", run_id, attempt.pipeline ? attempt.pipeline->name : std::string("?")),
		*failure);
	bool recorded = false;
	try {
		recorded = RecordEnd(attempt, *failure);
	} catch (const Error &trouble) {
		// The scheduler tries it with less.
		leaf::NoteUnwritten(failure->State(), Redact(failure->what()).c_str(), Redact(trouble.what()).c_str());
		LogError(Format("the end of run {} could not be written", run_id), trouble);
	}
	DropStagingOf(run_id);
	if (recorded) {
		pg::Call(leaf::MarkFinished);
	}
}

} // namespace sluice::worker
