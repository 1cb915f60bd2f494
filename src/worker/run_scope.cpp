#include "worker/run_scope.hpp"

#include "catalog/run_queue.hpp"
#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "pg/guard.hpp"
#include "pg/settings.hpp"
#include "worker/live_runs.hpp"
#include "worker/run_locks.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

std::string
RunInTheWay(const std::string &pipeline_id)
{
	for (const LiveRun &live : LiveRuns(MyDatabaseId)) {
		if (live.IsLive() && (pipeline_id.empty() || live.pipeline == pipeline_id)) {
			return Format("It is run {}.", live.run);
		}
	}
	return "It is a CALL run_pipeline in another session.";
}

} // namespace

TimeLimit::TimeLimit(int64_t microseconds, int64_t passed) : microseconds_(microseconds)
{
	if (microseconds_ > 0) {
		outer_ =
			pg::Call(leaf::StartRunTimeout, static_cast<int>(std::max<int64_t>((microseconds_ - passed) / 1000, 1)));
	}
}

TimeLimit::~TimeLimit()
{
	if (microseconds_ > 0) {
		(void)pg::CallNoThrow(leaf::EndRunTimeout, outer_);
	}
}

bool
TimeLimit::Explains(const Error &error) const
{
	return microseconds_ > 0 && error.State() == sqlstate::kQueryCanceled && pg::Call(leaf::RunTimedOut);
}

Error
TimeLimit::Exceeded() const
{
	return Error(sqlstate::kRunTimedOut, Format("the run took longer than {}", FormatDuration(microseconds_)),
				 "Its option timeout says so; raise it with alter_pipeline(..., options => '{\"timeout\": ...}').");
}

void
TakeLocks(const catalog::Pipeline &pipeline)
{
	pg_uuid_t const id = UuidFromText(pipeline.id);
	switch (pg::Call(leaf::TakeRunLocks, &id, pg::Settings::single_run, leaf::LockSpan::Transaction)) {
	case leaf::LockOutcome::Taken:
		return;
	case leaf::LockOutcome::PipelineBusy:
		throw IsRunningAlready(pipeline);
	case leaf::LockOutcome::DatabaseBusy: {
		std::optional<catalog::SingleRunHolder> const holder = catalog::FindSingleRunHolder();
		throw Error(sqlstate::kObjectInUse, "another pipeline is running in this database",
					"pg_sluice.single_run allows one run at a time: wait for the other run to end.",
					holder ? holder->Describe() + "." : RunInTheWay(std::string()));
	}
	}
}

Error
IsRunningAlready(const catalog::Pipeline &pipeline)
{
	return Error(sqlstate::kObjectInUse, Format("pipeline \"{}\" is running already", pipeline.name),
				 "Wait for that run with wait_for_run, or stop it with stop_run.", RunInTheWay(pipeline.id));
}

} // namespace sluice::worker
