#include "api/waiting.hpp"

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "worker/control.hpp"

namespace sluice::api {

namespace {

constexpr int64_t kNapMilliseconds = 1000;
constexpr int64_t kMicroseconds = 1000;

void
Nap(int64_t milliseconds)
{
	worker::WaitForRunEnd(static_cast<int>(milliseconds));
	CheckInterrupts();
}

} // namespace

void
WaitAWhile()
{
	Nap(kNapMilliseconds);
}

Error
StartsAfterCommit(const catalog::RunRow &run)
{
	return Error(sqlstate::kObjectNotInPrerequisiteState,
				 Format("run {} was triggered by this transaction and starts only after its COMMIT", run.id),
				 "Commit first, or use CALL trigger_and_wait, which commits and waits.");
}

Error
DidNotSucceed(const std::string &root_run)
{
	std::optional<catalog::RunFailure> const failure = catalog::FailureOf(root_run, GetUserId());
	if (!failure) {
		return catalog::NoSuchRun(root_run);
	}
	ErrorInfo info;
	info.sqlstate = sqlstate::kRunDidNotSucceed;
	if (!failure->is_seen) {
		// Which may have got another name, too.
		info.message = Format("run {} {}", root_run, failure->status == "failed" ? "failed" : "was " + failure->status);
		info.hint = "The pipeline has another owner now, who sees why.";
		return Error(std::move(info));
	}
	std::string const what = Format("run of pipeline \"{}\" ", failure->pipeline_name);
	if (failure->status == "failed") {
		info.message = what + "failed: " + failure->message;
	} else if (failure->reason.starts_with(failure->status)) {
		info.message = what + "was " + failure->reason;
	} else {
		info.message = Format("{}was {}: {}", what, failure->status, failure->reason);
	}
	info.detail = failure->attempt == 1
					  ? Format("It is run {}", root_run)
					  : Format("It is attempt {} ({}) of run {}", failure->attempt, failure->id, root_run);
	info.detail += failure->sqlstate.empty() ? "." : Format(", SQLSTATE {}.", failure->sqlstate);
	if (!failure->detail.empty()) {
		info.detail += "\n" + failure->detail;
	}
	info.hint =
		failure->hint.empty() ? Format("SELECT * FROM run_log('{}') tells what it did.", failure->id) : failure->hint;
	info.context = failure->context;
	return Error(std::move(info));
}

Error
NotOver(const std::string &root_run, int64_t milliseconds)
{
	std::optional<catalog::RunRow> const run = catalog::FindRun(root_run, true);
	if (!run) {
		return catalog::NoSuchRun(root_run);
	}
	return Error(
		sqlstate::kRunNotOver,
		Format("{} was not over within {}",
			   HasRightsOf(run->owner_oid) ? Format("run of pipeline \"{}\"", run->pipeline_name) : "run " + root_run,
			   FormatDuration(milliseconds * kMicroseconds)),
		Format("It goes on. SELECT wait_for_run('{0}') waits for it, SELECT stop_run('{0}') stops it.", root_run),
		Format("It is run {}.", root_run));
}

Deadline::Deadline(std::optional<int64_t> milliseconds)
{
	if (milliseconds) {
		at_ = SteadyNow() + *milliseconds * kMicroseconds;
	}
}

bool
Deadline::WaitAWhile() const
{
	if (!at_) {
		Nap(kNapMilliseconds);
		return true;
	}
	// Rounded up, so that the last nap does not end a moment too early and again.
	int64_t const left = (*at_ - SteadyNow() + kMicroseconds - 1) / kMicroseconds;
	if (left <= 0) {
		return false;
	}
	Nap(std::min(left, kNapMilliseconds));
	return true;
}

} // namespace sluice::api
