#include "worker/worker_session.hpp"

#include "pg/pause.hpp"

extern "C" {
#include "commands/trigger.h"
#include "utils/timeout.h"
}

namespace sluice::worker::leaf {

namespace {

TimeoutId run_timeout = MAX_TIMEOUTS;
volatile sig_atomic_t run_timed_out = 0;

// In a signal handler: what a cancel request does.
void
CancelRun()
{
	run_timed_out = 1;
	InterruptPending = 1;
	QueryCancelPending = 1;
	SetLatch(MyLatch);
}

void
Pin(const PinnedSetting *settings, int count, GucSource source, GucAction action)
{
	for (int i = 0; i < count; ++i) {
		if (GetConfigOption(settings[i].name, true, false) != nullptr) {
			(void)set_config_option(settings[i].name, settings[i].value, PGC_USERSET, source, action, true, 0, false);
		}
	}
}

} // namespace

void
StartWorker()
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
}

void
ConnectWorker(Oid database, Oid owner, uint32 flags, const char *application_name)
{
	BackgroundWorkerInitializeConnectionByOid(database, owner, flags);
	SetForProcess("application_name", application_name);
	// Whatever the database or the role says: our transactions are short, or a run.
	SetForProcess("statement_timeout", "0");
	SetForProcess("idle_in_transaction_session_timeout", "0");
	SetForProcess("default_transaction_isolation", "read committed");
	SetForProcess("default_transaction_read_only", "off");
	SetForProcess("default_transaction_deferrable", "off");
	// Receive and send functions take it for the encoding of what travels.
	SetForProcess("client_encoding", GetDatabaseEncodingName());
}

void
SetForProcess(const char *name, const char *value)
{
	SetConfigOption(name, value, PGC_USERSET, PGC_S_OVERRIDE);
}

void
CommitLazily()
{
	(void)set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

void
CommitSafely()
{
	if (synchronous_commit == SYNCHRONOUS_COMMIT_OFF) {
		(void)set_config_option("synchronous_commit", "local", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0,
								false);
	}
}

void
WaitForWork(long milliseconds, const char *wait_event)
{
	pg::leaf::Pause(milliseconds, wait_event);
	ReloadIfAsked();
}

void
ReloadIfAsked()
{
	if (ConfigReloadPending) {
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

int
PinSettings(const PinnedSetting *settings, int count)
{
	int const level = NewGUCNestLevel();
	Pin(settings, count, PGC_S_SESSION, GUC_ACTION_SAVE);
	// Of the statement that called us: its clock runs already.
	if (get_timeout_active(STATEMENT_TIMEOUT)) {
		disable_timeout(STATEMENT_TIMEOUT, false);
	}
	return level;
}

void
PinSettingsForProcess(const PinnedSetting *settings, int count)
{
	Pin(settings, count, PGC_S_OVERRIDE, GUC_ACTION_SET);
}

void
UnpinSettings(int level)
{
	AtEOXact_GUC(false, level);
}

void
FireDeferredTriggers()
{
	ConstraintsSetStmt *statement = makeNode(ConstraintsSetStmt);
	statement->constraints = NIL;
	statement->deferred = false;
	AfterTriggerSetState(statement);
}

TimestampTz
StartRunTimeout(int milliseconds)
{
	if (run_timeout == MAX_TIMEOUTS) {
		run_timeout = RegisterTimeout(USER_TIMEOUT, CancelRun);
	}
	run_timed_out = 0;
	TimestampTz const outer = get_timeout_active(run_timeout) ? get_timeout_finish_time(run_timeout) : 0;
	enable_timeout_after(run_timeout, milliseconds);
	if (outer != 0 && outer < get_timeout_finish_time(run_timeout)) {
		enable_timeout_at(run_timeout, outer);
	}
	return outer;
}

bool
RunTimedOut()
{
	return run_timed_out != 0;
}

void
EndRunTimeout(TimestampTz outer)
{
	disable_timeout(run_timeout, false);
	// It struck when all was done: then it has nothing to cancel.
	if (run_timed_out != 0) {
		QueryCancelPending = 0;
	}
	run_timed_out = 0;
	if (outer != 0) {
		enable_timeout_at(run_timeout, outer);
	}
}

void
HoldCancels()
{
	HOLD_CANCEL_INTERRUPTS();
}

void
AcceptCancels()
{
	// Not RESUME_CANCEL_INTERRUPTS: an error in between has ended all holds.
	QueryCancelHoldoffCount = 0;
	QueryCancelPending = 0;
}

} // namespace sluice::worker::leaf
