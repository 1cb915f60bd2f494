// The process of runs of one owner, one after the other. Connects as that owner; between two runs it becomes as clean
// as a new session.
#include "catalog/run_settle.hpp"
#include "catalog/run_store.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "core/text_bounds.hpp"
#include "pg/compat.hpp"
#include "pg/extension.hpp"
#include "pg/plan_once.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/last_words.hpp"
#include "worker/live_runs.hpp"
#include "worker/log.hpp"
#include "worker/own_slot.hpp"
#include "worker/parallel_slots.hpp"
#include "worker/run_body.hpp"
#include "worker/session_reset.hpp"
#include "worker/worker_entry.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

// Milliseconds: the latch tells of the scheduler's word.
constexpr long kLookAgain = 200;

struct Attempt {
	std::string run_id;
	std::string context;
	std::string root_run;
	bool only_look = false;
	std::optional<catalog::Pipeline> pipeline;
	RunJournal journal{pg::Now};
	catalog::RunCounters counters;
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

// Transaction 1: the run is taken. Not when it has been closed since the scheduler chose it.
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
	if (attempt.pipeline->owner_oid != owner || was_superuser || !MayRunNow(*attempt.pipeline)) {
		attempt.passed_over = true;
		return;
	}
	ReportActivity(Format("run {} of pipeline \"{}\"", attempt.run_id, attempt.pipeline->name));
	// A run that may commit at another server must be known as running after any crash, or it would be made again.
	pg::Call(attempt.pipeline->destination ? leaf::CommitSafely : leaf::CommitLazily);
	attempt.context = catalog::ContextOf(attempt.run_id);
	int version = attempt.pipeline->version;
	if (attempt.only_look && row->pipeline_version != version) {
		// What is looked for is where the lost run would have put it.
		version = row->pipeline_version;
		catalog::RestoreDestination(&*attempt.pipeline, version);
	}
	attempt.started = catalog::MarkRunning(attempt.run_id, version);
	attempt.passed_over = !attempt.started;
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
		pg::Call(leaf::CommitLazily);
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
		attempt.journal.Failure(info.message);
		written = catalog::FinishRun(attempt.run_id, "failed", std::nullopt, info, attempt.counters, attempt.journal);
	});
	return written;
}

// Both transactions; the error that ended them, or nothing.
std::optional<Error>
Execute(Attempt &attempt)
{
	try {
		if (OwnRun().stop_requested_at != 0) {
			throw Error(sqlstate::kQueryCanceled, "canceling the run due to user request");
		}
		pg::InTransaction([&attempt] { Begin(attempt); });
		if (attempt.started) {
			pg::InTransaction([&attempt] {
				RunBody({*attempt.pipeline, attempt.run_id, attempt.context, ShowProgress, attempt.root_run,
						 attempt.only_look, &kParallelHost},
						attempt.journal, &attempt.counters);
			});
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

void
Run(const std::string &run_id)
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

// What the world sees of the run that comes next.
void
ShowRun(const RunSlot *slot)
{
	const char *run_id = DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&slot->run)));
	char name[NAMEDATALEN] = "pg_sluice run ";
	strlcat(name, run_id, sizeof(name));
	leaf::NameProcess(name);
}

// Waits for the scheduler's word. It comes soon: no process of an owner lingers where nothing is queued.
bool
AwaitRun(RunSlot *slot)
{
	for (;;) {
		leaf::NextRun const next = leaf::TakeNextRun(slot);
		if (next != leaf::NextRun::Wait) {
			return next == leaf::NextRun::Taken;
		}
		leaf::WaitForWork(kLookAgain, "PgSluiceNextRun");
	}
}

// After a run: false when this process leaves.
bool
TakeAnother(RunSlot *slot, int libraries)
{
	if (pg::Call(leaf::CountLibraries) != libraries || !pg::Call(leaf::OfferProcess)) {
		return false;
	}
	pg::Call(leaf::HoldCancels);
	// Before the transaction, which would begin as they say: a deferrable one may wait for others.
	pg::Call(ResetAllOptions);
	pg::InTransaction([] { pg::Call(leaf::ResetSession); });
	ForgetSecrets();
	pg::Call(pgstat_report_activity, STATE_IDLE, static_cast<const char *>(nullptr));
	if (!pg::Call(AwaitRun, slot)) {
		return false;
	}
	pg::Call(leaf::ReloadIfAsked);
	pg::Call(leaf::AcceptCancels);
	pg::Call(ShowRun, static_cast<const RunSlot *>(slot));
	return true;
}

void
RunAll(RunSlot *slot)
{
	if (slot->more_queued) {
		pg::PlanOnce();
	}
	int const libraries = pg::Call(leaf::CountLibraries);
	do {
		Run(UuidText(slot->run));
	} while (TakeAnother(slot, libraries));
}

} // namespace

} // namespace sluice::worker

// The slot in shared memory says which run this is: no argument and no setting could.
extern "C" void
pg_sluice_run_main(Datum)
{
	namespace worker = sluice::worker;
	worker::RunTicket ticket;
	memcpy(&ticket, MyBgworkerEntry->bgw_extra, sizeof(ticket));
	worker::leaf::StartWorker();
	worker::RunSlot slot;
	if (!worker::leaf::AttachRun(ticket.slot, ticket.cookie, &slot)) {
		return;
	}
	before_shmem_exit(worker::leaf::DetachRun, Int32GetDatum(ticket.slot));
	worker::leaf::ListenForLastWords();
	worker::leaf::ConnectWorker(slot.database, slot.owner, sluice::pg::compat::WorkerConnectionFlags(),
								"pg_sluice run");
	worker::ShowRun(&slot);
	(void)sluice::pg::EntryOrLog([&slot] { worker::RunAll(&slot); });
}
