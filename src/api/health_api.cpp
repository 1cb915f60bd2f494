// pipeline_health.

#include "api/arguments.hpp"
#include "api/health_checks.hpp"
#include "api/rights.hpp"
#include "catalog/clock_steps.hpp"
#include "catalog/overview.hpp"
#include "core/duration.hpp"
#include "pg/compat.hpp"
#include "pg/extension.hpp"
#include "pg/settings.hpp"
#include "worker/control.hpp"

namespace {

using sluice::CheckReport;
using sluice::catalog::Overview;
using sluice::worker::HealthFacts;

constexpr int64_t kOldTick = 3 * sluice::kMinute;
constexpr int64_t kLongWait = 10 * sluice::kMinute;

std::string
Ago(TimestampTz at)
{
	// Whole seconds are enough for people.
	int64_t const seconds = std::max<int64_t>(0, (sluice::pg::Now() - at) / sluice::kSecond);
	return sluice::FormatDuration(seconds * sluice::kSecond);
}

std::string
Pipelines(int64_t count)
{
	return sluice::Format("{} pipeline{}", count, count == 1 ? "" : "s");
}

// False: nothing can be read from tables of another version.
bool
CheckVersion(CheckReport &report)
{
	sluice::pg::Extension const extension = sluice::pg::FindExtension();
	if (!extension.FitsLibrary()) {
		sluice::Error const mismatch = sluice::pg::VersionMismatch(extension);
		report.Error("version", mismatch.Info().message, mismatch.Info().hint);
		return false;
	}
	report.Ok("version", "extension and library are of the same version");
	return true;
}

void
CheckProcesses(const HealthFacts &facts, int64_t queued, CheckReport &report)
{
	if (!facts.preloaded || facts.in_recovery) {
		return;
	}
	constexpr const char *kLogHint = "The server's log says why it ended; it is started again within a minute.";
	if (facts.launcher_pid == 0) {
		report.Error("launcher", "the launcher is not running", kLogHint);
	} else {
		report.Ok("launcher", sluice::Format("the launcher is process {}", facts.launcher_pid));
	}
	std::string const tick =
		facts.last_tick ? sluice::Format("last seen {} ago", Ago(*facts.last_tick)) : "not seen yet";
	if (facts.scheduler_failures > 0) {
		report.Warning(
			"scheduler",
			sluice::Format("the scheduler of this database has failed {} times in a row", facts.scheduler_failures),
			kLogHint);
	} else if (facts.scheduler_pid == 0 && sluice::api::LacksSlots(facts, queued)) {
		report.Warning("scheduler", sluice::Format("the scheduler of this database waits for a slot ({})", tick),
					   "See worker_slots.");
	} else if (facts.scheduler_pid == 0) {
		report.Ok("scheduler", sluice::Format("no scheduler is needed in this database at the moment ({})", tick));
	} else if (facts.last_tick && sluice::pg::Now() - *facts.last_tick > kOldTick) {
		report.Warning("scheduler",
					   sluice::Format("the scheduler, process {}, is stuck: {}", facts.scheduler_pid, tick),
					   "pg_stat_activity shows what it waits for.");
	} else {
		report.Ok("scheduler", sluice::Format("the scheduler is process {}, {}", facts.scheduler_pid, tick));
	}
}

void
CheckTrouble(const HealthFacts &facts, CheckReport &report)
{
	if (facts.set_aside > 0) {
		// The error is whoever's run it was, and quotes what it likes.
		bool const monitors = sluice::pg::Call(has_privs_of_role, GetUserId(), ROLE_PG_MONITOR);
		report.Error("set_aside",
					 sluice::Format("{} thing{} failed by itself and {} set aside{}", facts.set_aside,
									facts.set_aside == 1 ? "" : "s", facts.set_aside == 1 ? "is" : "are",
									monitors ? ", among them: " + facts.trouble : std::string()),
					 "It is tried again every minute; everything else goes on. The server's log has the details.");
	}
}

void
CheckQueue(const HealthFacts &facts, const Overview &overview, CheckReport &report)
{
	if (overview.queued == 0) {
		report.Ok("queue", overview.unseen > 0 ? "no run that you may see is queued" : "no run is queued");
		return;
	}
	std::string const message =
		sluice::Format("{} run{} queued, the oldest for {}", overview.queued, overview.queued == 1 ? " is" : "s are",
					   overview.oldest_queued ? Ago(*overview.oldest_queued) : "a while");
	if (overview.oldest_queued && sluice::pg::Now() - *overview.oldest_queued > kLongWait) {
		report.Warning(
			"queue", message,
			sluice::Format("{} of {} places for runs are taken; pg_sluice.max_concurrent_runs sets their number.",
						   facts.live_runs, facts.max_concurrent_runs));
	} else {
		report.Ok("queue", message);
	}
}

void
CheckClock(CheckReport &report)
{
	TimestampTz const now = sluice::pg::Now();
	sluice::catalog::ClockFacts const facts = sluice::catalog::LookAtClock(GetUserId(), now);
	constexpr const char *kHint = "Look at the server's time synchronization.";
	if (facts.planned_later > 0) {
		report.Warning(
			"clock",
			sluice::Format("{} planned by a clock that was {} later than it is now",
						   Pipelines(facts.planned_later) + (facts.planned_later == 1 ? " was" : " were"),
						   sluice::FormatDuration((*facts.latest_plan - now) / sluice::kSecond * sluice::kSecond)),
			sluice::Format("The scheduler plans them again within a minute. {}", kHint));
	} else if (facts.served_until) {
		report.Warning(
			"clock",
			sluice::Format("the clock was {} ahead of now: due times that had their runs then {}",
						   sluice::FormatDuration((*facts.served_until - now) / sluice::kSecond * sluice::kSecond),
						   facts.anew ? "are served again, and their runs say so" : "get no other by cron"),
			kHint);
	} else {
		report.Ok("clock", "the clock is not behind what was planned");
	}
}

void
CheckPipelines(const Overview &overview, CheckReport &report)
{
	if (overview.unseen > 0 && overview.pipelines == 0) {
		report.Warning("pipelines",
					   sluice::Format("you may see none of the pipelines of this database ({}): nothing here is about "
									  "them",
									  overview.unseen),
					   "Ask as a member of pg_monitor, or of the role that owns them.");
	} else {
		report.Ok("pipelines",
				  Pipelines(overview.pipelines) +
					  (overview.unseen > 0
						   ? sluice::Format(", not counting {} of roles whose rights you lack", overview.unseen)
						   : ""));
	}
	if (overview.parked.count > 0) {
		report.Warning("parked",
					   sluice::Format("{} parked, because this database is a copy: {}",
									  Pipelines(overview.parked.count), overview.parked.names),
					   sluice::api::kAdoptHint);
	}
	if (overview.paused.count > 0) {
		report.Warning("paused",
					   sluice::Format("{} paused: {}", Pipelines(overview.paused.count), overview.paused.names),
					   "resume_pipeline ends a pause.");
	}
	if (overview.failing.count > 0) {
		report.Warning("failing",
					   sluice::Format("{} failing: {}", Pipelines(overview.failing.count), overview.failing.names),
					   "pipeline_status shows the last error of each, with a hint.");
	}
	if (overview.waiting_sources.count > 0) {
		report.Warning("sources",
					   sluice::Format("{} data source{} could not be reached: {}", overview.waiting_sources.count,
									  overview.waiting_sources.count == 1 ? "" : "s", overview.waiting_sources.names),
					   "Their pipelines wait; pipeline_sources shows until when, and the last error.");
	}
	if (overview.without_owner.count > 0) {
		report.Error("owners",
					 sluice::Format("{} without an owner: {}", Pipelines(overview.without_owner.count),
									overview.without_owner.names),
					 "Its role is gone; give it another one with alter_pipeline(..., owner => 'role').");
	}
	if (sluice::pg::compat::kWorkersNeedLogin && overview.without_login.count > 0) {
		report.Error("login", sluice::Format("owners that may not log in: {}", overview.without_login.names),
					 "ALTER ROLE ... LOGIN CONNECTION LIMIT 0 PASSWORD NULL lets workers in, but no client.");
	}
}

} // namespace

SLUICE_FUNCTION(sluice_pipeline_health)
{
	HealthFacts const facts = sluice::worker::CollectHealth();
	CheckReport report;
	sluice::api::CheckServer(facts, report);
	bool const readable = CheckVersion(report);
	Overview const overview = readable ? sluice::catalog::Look(GetUserId()) : Overview{};
	CheckProcesses(facts, overview.queued, report);
	sluice::api::CheckSlots(facts, overview.queued, report);
	CheckTrouble(facts, report);
	if (readable) {
		CheckClock(report);
		CheckQueue(facts, overview, report);
		CheckPipelines(overview, report);
	}
	return sluice::api::RowsResult(fcinfo, sluice::api::RowsOf(report));
}
