#include "pg/settings.hpp"

#include <climits>

#include "pg/guard.hpp"
#include "pg/remote_login.hpp"
#include "pg/zone.hpp"

namespace sluice::pg {

bool Settings::enabled = true;
int Settings::keep_failed_runs = 1000;
int Settings::keep_failed_runs_for = 90 * SECS_PER_DAY;
int Settings::keep_runs = 1000;
int Settings::keep_runs_for = 30 * SECS_PER_DAY;
int Settings::max_concurrent_runs = 4;
bool Settings::single_run = false;
int Settings::single_run_limit = 3600;
char *Settings::timezone = nullptr;
int Settings::scheduler_idle_timeout = 60;
int Settings::max_context_size = 1024 * 1024;
int Settings::max_runs_per_database = 0;
int Settings::max_runs_per_owner = 0;
int Settings::max_runs_per_source = 0;
int Settings::reserved_workers = 1;
int Settings::source_failures = 5;
int Settings::source_wait = 60;
int Settings::source_max_wait = 900;
int Settings::stop_grace = 10;
int Settings::clock_offset = 0;

namespace {

bool preloaded = false;

bool
CheckTimezone(char **new_value, void ** /*extra*/, GucSource /*source*/)
{
	// Plain C: nothing here can throw.
	if (leaf::FindZone(*new_value) == nullptr) {
		GUC_check_errdetail("Time zone \"%s\" is not recognized.", *new_value);
		GUC_check_errhint("Use a full name as the view pg_timezone_names lists them; abbreviations and offsets "
						  "are not accepted.");
		return false;
	}
	return true;
}

} // namespace

void
DefineSettings()
{
	preloaded = process_shared_preload_libraries_in_progress;
	DefineCustomIntVariable("pg_sluice.clock_offset", "Seconds added to the clock that decides what is due.",
							"For tests.", &Settings::clock_offset, 0, INT_MIN, INT_MAX, PGC_SIGHUP,
							GUC_UNIT_S | GUC_NOT_IN_SAMPLE, nullptr, nullptr, nullptr);
	DefineCustomBoolVariable("pg_sluice.enabled", "Starts runs; off stops every start, by schedule or by hand.",
							 nullptr, &Settings::enabled, true, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
	constexpr const char *kNoLimit = "0 means without limit. An option of each pipeline can say otherwise.";
	DefineCustomIntVariable("pg_sluice.keep_failed_runs", "How many failed runs of a pipeline its history keeps.",
							kNoLimit, &Settings::keep_failed_runs, 1000, 0, INT_MAX, PGC_SIGHUP, 0, nullptr, nullptr,
							nullptr);
	DefineCustomIntVariable("pg_sluice.keep_failed_runs_for", "How long the history keeps failed runs.", kNoLimit,
							&Settings::keep_failed_runs_for, 90 * SECS_PER_DAY, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S,
							nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.keep_runs",
							"How many successful, skipped and stopped runs of a pipeline its history keeps.", kNoLimit,
							&Settings::keep_runs, 1000, 0, INT_MAX, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
	DefineCustomIntVariable(
		"pg_sluice.keep_runs_for", "How long the history keeps successful, skipped and stopped runs.", kNoLimit,
		&Settings::keep_runs_for, 30 * SECS_PER_DAY, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.max_concurrent_runs",
							"Greatest number of runs at the same time in the whole cluster.",
							"What exceeds it waits its turn, oldest due first.", &Settings::max_concurrent_runs, 4, 1,
							1024, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.max_context_size", "Greatest size of the context of a run.",
							"As JSON text. A trigger with a larger one is refused.", &Settings::max_context_size,
							1024 * 1024, 1024, 64 * 1024 * 1024, PGC_SIGHUP, GUC_UNIT_BYTE, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.max_runs_per_database",
							"Greatest number of runs at the same time in each database; 0 sets no limit.", nullptr,
							&Settings::max_runs_per_database, 0, 0, 1024, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.max_runs_per_owner", "Greatest number of runs at the same time of each owner.",
							"0: all places but one where pipelines have several owners, else no limit.",
							&Settings::max_runs_per_owner, 0, 0, 1024, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.max_runs_per_source",
							"Greatest number of runs at the same time that read from one data source; 0 sets no limit.",
							nullptr, &Settings::max_runs_per_source, 0, 0, 1024, PGC_SIGHUP, 0, nullptr, nullptr,
							nullptr);
	DefineCustomIntVariable(
		"pg_sluice.max_scram_iterations", "How often a PostgreSQL server may have us hash the password.",
		"A server that asks for more is not logged in to: it cannot be interrupted.", &leaf::max_scram_iterations,
		100000, 4096, INT_MAX, PGC_SUSET, 0, nullptr, nullptr, nullptr);
	// A session that loads the library starts no worker, and may define no setting that a start of the server decides.
	DefineCustomIntVariable("pg_sluice.reserved_workers",
							"How many runs find a background worker slot, whoever holds all others.",
							"One more is kept for a scheduler. 0 keeps none.", &Settings::reserved_workers, 1, 0,
							kMaxReservedWorkers, preloaded ? PGC_POSTMASTER : PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
	DefineCustomIntVariable(
		"pg_sluice.scheduler_idle_timeout", "Time after which a database's scheduler with nothing to do leaves.",
		nullptr, &Settings::scheduler_idle_timeout, 60, 0, 86400, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomBoolVariable("pg_sluice.single_run", "Allows one run at a time in the whole database.",
							 "A second start is refused with the id of the first.", &Settings::single_run, false,
							 PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.single_run_limit",
							"How long the transaction of a CALL run_pipeline may keep single_run while runs wait.",
							"Then its session is ended; 0 sets no limit.", &Settings::single_run_limit, 3600, 0,
							7 * SECS_PER_DAY, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.source_failures",
							"After so many runs in a row that could not reach a data source its pipelines wait.",
							"0 never lets them wait.", &Settings::source_failures, 5, 0, 1000000, PGC_SIGHUP, 0,
							nullptr, nullptr, nullptr);
	DefineCustomIntVariable(
		"pg_sluice.source_max_wait", "No wait for a data source that could not be reached is longer than this.",
		nullptr, &Settings::source_max_wait, 900, 1, 86400, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.source_wait",
							"How long pipelines first wait for a data source that could not be reached.",
							"The wait doubles each time that the one run that tries it then fails as well.",
							&Settings::source_wait, 60, 1, 86400, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("pg_sluice.stop_grace",
							"Time a run that was asked to stop has before its process is terminated.", nullptr,
							&Settings::stop_grace, 10, 1, 3600, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomStringVariable("pg_sluice.timezone", "Time zone of new pipelines that name none.", nullptr,
							   &Settings::timezone, "UTC", PGC_SUSET, 0, CheckTimezone, nullptr, nullptr);
	MarkGUCPrefixReserved("pg_sluice");
}

TimestampTz
Now()
{
	return GetCurrentTimestamp() + static_cast<int64>(Settings::clock_offset) * USECS_PER_SEC;
}

bool
IsPreloaded()
{
	return preloaded;
}

} // namespace sluice::pg
