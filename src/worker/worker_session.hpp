// What our worker processes set up, and what every run pins (design rule 14). Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::worker::leaf {

// Signals as border rule B17 wants them; then connects. owner InvalidOid: the bootstrap superuser.
// Dies when the connection is refused.
void StartWorker();
void ConnectWorker(Oid database, Oid owner, uint32 flags, const char *application_name);

// A setting for the rest of the process.
void SetForProcess(const char *name, const char *value);
// The current transaction does not wait for its commit record: losing it would do no harm.
void CommitLazily();
// It does wait, whatever the settings of the owner and the database say: losing it would do harm.
void CommitSafely();

// Waits until the latch is set or the time has passed, serves interrupts, reloads the configuration.
// Exits when the postmaster is gone.
void WaitForWork(long milliseconds, const char *wait_event);
void ReloadIfAsked();

struct PinnedSetting {
	const char *name;
	const char *value;
};
// Sets them in a nest level of their own, which it returns; a setting that this server does not know is
// passed over. The abort of the transaction undoes them as well.
int PinSettings(const PinnedSetting *settings, int count);
void UnpinSettings(int level);
// For the rest of the process.
void PinSettingsForProcess(const PinnedSetting *settings, int count);

// Runs the deferred triggers now, so that nothing of the owner's runs after 'success' is written.
void FireDeferredTriggers();

// The option timeout of a run: cancels it, as pg_cancel_backend does. Started again from zero by each run. Returns when
// that of the run around this one ends, which may be sooner; 0: there is none.
TimestampTz StartRunTimeout(int milliseconds);
bool RunTimedOut();
void EndRunTimeout(TimestampTz outer);

// From here on the worker is done with its run: a cancel that comes now has nothing to cancel.
void HoldCancels();
// The next run can be canceled; what came before was not meant for it.
void AcceptCancels();

} // namespace sluice::worker::leaf
