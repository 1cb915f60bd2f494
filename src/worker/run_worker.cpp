// The process of runs of one owner, one after the other. Connects as that owner; between two runs it becomes as clean
// as a new session.
#include "core/redact.hpp"
#include "pg/compat.hpp"
#include "pg/plan_once.hpp"
#include "pg/transaction.hpp"
#include "worker/last_words.hpp"
#include "worker/live_runs.hpp"
#include "worker/own_slot.hpp"
#include "worker/run_attempt.hpp"
#include "worker/session_reset.hpp"
#include "worker/worker_entry.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

// Milliseconds: the latch tells of the scheduler's word.
constexpr long kLookAgain = 200;

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
		MakeAttempt(UuidText(slot->run));
	} while (TakeAnother(slot, libraries));
}

} // namespace

// The slot in shared memory says which run this is: no argument and no setting could.
void
MakeRuns(const RunTicket &ticket)
{
	leaf::StartWorker();
	RunSlot slot;
	if (!leaf::AttachRun(ticket.slot, ticket.cookie, &slot)) {
		return;
	}
	before_shmem_exit(leaf::DetachRun, Int32GetDatum(ticket.slot));
	leaf::ListenForLastWords();
	leaf::ConnectWorker(slot.database, slot.owner, pg::compat::WorkerConnectionFlags(), "pg_sluice run");
	ShowRun(&slot);
	(void)pg::EntryOrLog([&slot] { RunAll(&slot); });
}

} // namespace sluice::worker

extern "C" void
pg_sluice_run_main(Datum)
{
	sluice::worker::RunTicket ticket;
	memcpy(&ticket, MyBgworkerEntry->bgw_extra, sizeof(ticket));
	sluice::worker::MakeRuns(ticket);
}
