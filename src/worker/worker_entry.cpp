#include "worker/worker_entry.hpp"

#include "worker/shared_state.hpp"

namespace sluice::worker::leaf {

namespace {

void
Describe(BackgroundWorker *worker, const char *type, const char *function)
{
	memset(worker, 0, sizeof(*worker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	// On a standby nothing starts until it is promoted.
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker->bgw_name, type, sizeof(worker->bgw_name));
	strlcpy(worker->bgw_type, type, sizeof(worker->bgw_type));
	strlcpy(worker->bgw_library_name, "pg_sluice", sizeof(worker->bgw_library_name));
	strlcpy(worker->bgw_function_name, function, sizeof(worker->bgw_function_name));
}

bool
StartDynamic(BackgroundWorker *worker, BackgroundWorkerHandle **handle)
{
	worker->bgw_notify_pid = MyProcPid;
	MemoryContext const old = MemoryContextSwitchTo(TopMemoryContext);
	bool const started = RegisterDynamicBackgroundWorker(worker, handle);
	MemoryContextSwitchTo(old);
	return started;
}

} // namespace

void
RegisterLauncher()
{
	BackgroundWorker worker;
	Describe(&worker, "pg_sluice launcher", "pg_sluice_launcher_main");
	worker.bgw_restart_time = 5;
	RegisterBackgroundWorker(&worker);
}

void
RegisterReserve()
{
	for (int i = 0; i < ReserveSize(); ++i) {
		BackgroundWorker worker;
		// They are called as what they become.
		Describe(&worker, i == 0 ? kSchedulerType : kRunType, "pg_sluice_reserve_main");
		strlcpy(worker.bgw_name, kReserveName, sizeof(worker.bgw_name));
		worker.bgw_restart_time = 0;
		worker.bgw_main_arg = Int32GetDatum(i);
		RegisterBackgroundWorker(&worker);
	}
}

bool
StartScheduler(Oid database, const char *name, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker;
	Describe(&worker, kSchedulerType, "pg_sluice_scheduler_main");
	strlcpy(worker.bgw_name, name, sizeof(worker.bgw_name));
	worker.bgw_main_arg = ObjectIdGetDatum(database);
	return StartDynamic(&worker, handle);
}

bool
StartRun(const RunTicket *ticket, const char *name, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker;
	Describe(&worker, kRunType, "pg_sluice_run_main");
	strlcpy(worker.bgw_name, name, sizeof(worker.bgw_name));
	memcpy(worker.bgw_extra, ticket, sizeof(*ticket));
	return StartDynamic(&worker, handle);
}

bool
StartParallelWorker(const ParallelTicket *ticket, const char *name, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker;
	Describe(&worker, "pg_sluice stream", "pg_sluice_stream_main");
	strlcpy(worker.bgw_name, name, sizeof(worker.bgw_name));
	memcpy(worker.bgw_extra, ticket, sizeof(*ticket));
	return StartDynamic(&worker, handle);
}

void
ForgetWorker(BackgroundWorkerHandle *handle)
{
	pfree(handle);
}

bool
HasStopped(BackgroundWorkerHandle *handle)
{
	pid_t pid;
	return GetBackgroundWorkerPid(handle, &pid) == BGWH_STOPPED;
}

} // namespace sluice::worker::leaf
