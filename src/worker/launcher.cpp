// The launcher: knows when each database has work and starts its scheduler then. Connected to no
// database; reads pg_database only.
#include <map>

#include "core/episode.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/database_slots.hpp"
#include "worker/log.hpp"
#include "worker/reserve.hpp"
#include "worker/worker_entry.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

constexpr int64 kListInterval = 60 * USECS_PER_SEC;
constexpr int64 kRetryInterval = USECS_PER_SEC;

// Databases that somebody may connect to, sorted; at most max.
int
ListDatabases(Oid *databases, int max)
{
	Relation relation = table_open(DatabaseRelationId, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(relation, 0, nullptr);
	int count = 0;
	HeapTuple tuple;
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != nullptr) {
		auto *form = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple));
		// A template is copied, not worked in; a database whose DROP was interrupted cannot be connected to.
		if (form->datallowconn && !form->datistemplate && !database_is_invalid_form(form) && count < max) {
			databases[count++] = form->oid;
		}
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	std::sort(databases, databases + count);
	return count;
}

class Launcher {
public:
	// One round; how long to wait for the next one, in microseconds.
	int64 Work();

private:
	void ListIfNeeded();
	void ForgetEnded();
	// False when there is no worker slot.
	bool Launch(Oid database);
	void SaySlotsAreFull();

	std::map<Oid, BackgroundWorkerHandle *> launched_;
	SteadyTime listed_at_ = 0;
	Episode full_{kRetryInterval}; // not of the moment in which one scheduler makes room for the next
	bool said_homeless_ = false;
};

void
Launcher::ListIfNeeded()
{
	SteadyTime const now = SteadyNow();
	if (!pg::Call(leaf::TakeRescan) && now - listed_at_ < kListInterval) {
		return;
	}
	listed_at_ = now;
	// Room for as many as could be told apart from none: the rest are counted.
	std::vector<Oid> databases(65536);
	int count = 0;
	pg::InTransaction([&] { count = pg::Call(ListDatabases, databases.data(), static_cast<int>(databases.size())); });
	int const homeless = pg::Call(leaf::SyncDatabases, static_cast<const Oid *>(databases.data()), count);
	if (homeless > 0 && !said_homeless_) {
		Log(Format("pg_sluice schedules in {} databases at most: {} are left out", kMaxDatabases, homeless));
	}
	said_homeless_ = homeless > 0;
}

void
Launcher::ForgetEnded()
{
	for (auto entry = launched_.begin(); entry != launched_.end();) {
		if (pg::Call(leaf::HasStopped, entry->second)) {
			pg::Call(leaf::NoteLaunchFailed, entry->first);
			pg::Call(leaf::ForgetWorker, entry->second);
			entry = launched_.erase(entry);
		} else {
			++entry;
		}
	}
}

void
Launcher::SaySlotsAreFull()
{
	if (full_.IsNews(SteadyNow())) {
		Log("pg_sluice finds no free background worker slot for a scheduler",
			Format("Increase max_worker_processes (now {}).", max_worker_processes));
	}
}

bool
Launcher::Launch(Oid database)
{
	// Left the database already, though its process may not be gone yet.
	auto previous = launched_.find(database);
	if (previous != launched_.end()) {
		pg::Call(leaf::ForgetWorker, previous->second);
		launched_.erase(previous);
	}
	BackgroundWorkerHandle *handle = nullptr;
	std::string const name = Format("pg_sluice scheduler of database {}", database);
	// Noted first: the scheduler may have come and gone before the call returns.
	pg::Call(leaf::NoteLaunch, database, true);
	if (!pg::Call(leaf::StartScheduler, database, name.c_str(), &handle)) {
		if (pg::Call(leaf::CallScheduler, database)) {
			full_.Interrupt();
			return true;
		}
		pg::Call(leaf::NoteLaunch, database, false);
		SaySlotsAreFull();
		return false;
	}
	full_.Interrupt();
	launched_.emplace(database, handle);
	return true;
}

int64
Launcher::Work()
{
	ListIfNeeded();
	// Behind what can take the word of an end for its own, as waiting for a lock does.
	ForgetEnded();
	for (;;) {
		leaf::LaunchInput const input{SteadyNow(), pg::Call(pg::Now), pg::Settings::enabled,
									  pg::Settings::max_concurrent_runs};
		leaf::LaunchPlan plan{};
		pg::Call(leaf::PlanLaunch, &input, &plan);
		if (!OidIsValid(plan.database)) {
			if (plan.waiting == 0) {
				full_.End();
			}
			return plan.wait;
		}
		if (!Launch(plan.database)) {
			return kRetryInterval;
		}
	}
}

void
Main()
{
	Launcher launcher;
	bool said_error = false;
	for (;;) {
		int64 wait = kRetryInterval;
		try {
			wait = launcher.Work();
			said_error = false;
		} catch (const Error &error) {
			if (!said_error) {
				LogError("pg_sluice launcher", error);
			}
			said_error = true;
		}
		pg::Call(leaf::WaitForWork, static_cast<long>(std::max<int64>(wait / 1000, 10)), "PgSluiceLauncherMain");
	}
}

} // namespace

} // namespace sluice::worker

extern "C" void
pg_sluice_launcher_main(Datum)
{
	namespace worker = sluice::worker;
	worker::leaf::StartWorker();
	worker::leaf::AttachLauncher();
	before_shmem_exit(worker::leaf::DetachLauncher, 0);
	BackgroundWorkerInitializeConnection(nullptr, nullptr, 0);
	worker::leaf::SetForProcess("application_name", "pg_sluice launcher");
	worker::leaf::SetForProcess("lock_timeout", "1000");
	(void)sluice::pg::EntryOrLog([] { worker::Main(); });
	// An exit code of 0 would mean that we are not to be started again.
	proc_exit(1);
}
