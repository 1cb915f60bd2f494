// _PG_init: settings, shared memory, workers, hooks; nothing else.
#include "pg/settings.hpp"
#include "worker/shared_state.hpp"
#include "worker/utility_hook.hpp"
#include "worker/worker_entry.hpp"

// First declarations, so that both are visible whatever the server's own macros say.
extern "C" {
SLUICE_EXPORT const Pg_magic_struct *PG_MAGIC_FUNCTION_NAME(void);
SLUICE_EXPORT void _PG_init(void); // NOLINT(bugprone-reserved-identifier): PostgreSQL's name

PG_MODULE_MAGIC;
}

extern "C" void
_PG_init(void)
{
	sluice::pg::DefineSettings();
	// Loaded by a session, functions that need no worker do their work; during pg_upgrade nothing may start.
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade) {
		return;
	}
	sluice::worker::leaf::InstallSharedMemory();
	sluice::worker::leaf::InstallHooks();
	sluice::worker::leaf::RegisterLauncher();
	sluice::worker::leaf::RegisterReserve();
}
