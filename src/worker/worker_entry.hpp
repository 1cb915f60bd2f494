// The main functions of our processes, found by name, and what is handed to them.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::worker {

// bgw_extra of a run worker.
struct RunTicket {
	int slot;
	uint64 cookie;
};
static_assert(sizeof(RunTicket) <= BGW_EXTRALEN);

// The same of a worker of a load.
struct ParallelTicket {
	uint32 board;
	int worker;
};
static_assert(sizeof(ParallelTicket) <= BGW_EXTRALEN);

// What the processes do once they are started.
void ScheduleDatabase(Oid database);
void MakeRuns(const RunTicket &ticket);

namespace leaf {

// As pg_stat_activity calls them.
inline constexpr const char *kSchedulerType = "pg_sluice scheduler";
inline constexpr const char *kRunType = "pg_sluice run";
// As the list of processes calls one that waits.
inline constexpr const char *kReserveName = "pg_sluice reserve";

// From _PG_init.
void RegisterLauncher();
void RegisterReserve();
// A dynamic worker that tells this process when it starts and stops. False: no slot is free. The handle
// lives in TopMemoryContext.
bool StartScheduler(Oid database, const char *name, BackgroundWorkerHandle **handle);
bool StartRun(const RunTicket *ticket, const char *name, BackgroundWorkerHandle **handle);
bool StartParallelWorker(const ParallelTicket *ticket, const char *name, BackgroundWorkerHandle **handle);
void ForgetWorker(BackgroundWorkerHandle *handle);
bool HasStopped(BackgroundWorkerHandle *handle);

} // namespace leaf

} // namespace sluice::worker

extern "C" {
SLUICE_EXPORT void pg_sluice_launcher_main(Datum);
SLUICE_EXPORT void pg_sluice_scheduler_main(Datum database);
SLUICE_EXPORT void pg_sluice_run_main(Datum);
SLUICE_EXPORT void pg_sluice_stream_main(Datum);
SLUICE_EXPORT void pg_sluice_reserve_main(Datum index);
}
