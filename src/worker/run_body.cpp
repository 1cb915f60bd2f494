#include "worker/run_body.hpp"

#include "catalog/pipeline_options.hpp"
#include "catalog/run_queue.hpp"
#include "core/duration.hpp"
#include "core/session_settings.hpp"
#include "core/sqlstate.hpp"
#include "pg/guard.hpp"
#include "pg/run_context.hpp"
#include "pg/search_path.hpp"
#include "pg/settings.hpp"
#include "worker/live_runs.hpp"
#include "worker/run_locks.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

// Sets the run's context for run_context(), also when the run fails.
class ContextScope {
public:
	explicit ContextScope(const std::string &context) { pg::SetRunContext(context); }
	ContextScope(const ContextScope &) = delete;
	ContextScope &operator=(const ContextScope &) = delete;
	~ContextScope() { pg::ClearRunContext(); }
};

struct Identity {
	Oid current;
	Oid session;
	int isolation;
};

Identity
ReadIdentity()
{
	return {GetUserId(), GetSessionUserId(), XactIsoLevel};
}

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

leaf::LockOutcome
TryLocks(const catalog::Pipeline &pipeline)
{
	pg_uuid_t const id = UuidFromText(pipeline.id);
	return pg::Call(leaf::TakeRunLocks, &id, pg::Settings::single_run);
}

void
TakeLocks(const catalog::Pipeline &pipeline)
{
	switch (TryLocks(pipeline)) {
	case leaf::LockOutcome::Taken:
		return;
	case leaf::LockOutcome::PipelineBusy:
		throw Error(sqlstate::kObjectInUse, Format("pipeline \"{}\" is running already", pipeline.name),
					"Wait for that run with wait_for_run, or stop it with stop_run.", RunInTheWay(pipeline.id));
	case leaf::LockOutcome::DatabaseBusy: {
		std::optional<catalog::SingleRunHolder> const holder = catalog::FindSingleRunHolder();
		throw Error(sqlstate::kObjectInUse, "another pipeline is running in this database",
					"pg_sluice.single_run allows one run at a time: wait for the other run to end.",
					holder ? holder->Describe() + "." : RunInTheWay(std::string()));
	}
	}
}

class TimeLimit {
public:
	explicit TimeLimit(int64_t microseconds) : microseconds_(microseconds)
	{
		if (microseconds_ > 0) {
			pg::Call(leaf::StartRunTimeout, static_cast<int>(std::max<int64_t>(microseconds_ / 1000, 1)));
		}
	}
	TimeLimit(const TimeLimit &) = delete;
	TimeLimit &operator=(const TimeLimit &) = delete;
	~TimeLimit()
	{
		if (microseconds_ > 0) {
			(void)pg::CallNoThrow(leaf::EndRunTimeout);
		}
	}
	bool Explains(const Error &error) const
	{
		return microseconds_ > 0 && error.State() == sqlstate::kQueryCanceled && pg::Call(leaf::RunTimedOut);
	}
	Error Exceeded() const
	{
		return Error(sqlstate::kRunTimedOut, Format("the run took longer than {}", FormatDuration(microseconds_)),
					 "Its option timeout says so; raise it with alter_pipeline(..., options => '{\"timeout\": ...}').");
	}

private:
	int64_t const microseconds_;
};

void
Load(const RunBodyRequest &request, const OptionValues &options, RunJournal &journal, catalog::RunCounters *counters)
{
	const catalog::Pipeline &pipeline = request.pipeline;
	CheckIdentity(pipeline);
	TakeLocks(pipeline);
	int const level = PinRunSettings(pipeline, options, &journal);
	engine::RunResult result;
	{
		ContextScope const scope(request.context);
		result = engine::ExecuteRun(
			{pipeline, request.run_id, request.progress, request.root_run, request.only_look, request.streams}, journal,
			counters);
		journal.EnterPhase("finishing");
		if (!request.root_run.empty()) {
			pg::Call(leaf::FireDeferredTriggers);
		}
	}
	if (OidIsValid(result.created)) {
		// Not before: its lock is in the way of everybody who looks for more than rows.
		catalog::RememberCreatedRelation(pipeline.id, result.created);
	}
	if (!catalog::FinishRun(request.run_id, "success", result.reason, std::nullopt, *counters, journal)) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("run {} of pipeline \"{}\" has ended or is being deleted", request.run_id, pipeline.name),
					"Nothing was loaded. Look whether the pipeline is being dropped.");
	}
	pg::Call(leaf::UnpinSettings, level);
	if (result.elsewhere) {
		// From here to the local commit a crash leaves it open whether the rows are there; the phase says so.
		journal.EnterPhase("committing");
		if (request.progress != nullptr) {
			request.progress({*counters, "committing", 0});
		}
		result.elsewhere->Commit();
	}
}

} // namespace

void
CheckIdentity(const catalog::Pipeline &pipeline)
{
	Identity const identity = pg::Call(ReadIdentity);
	if (identity.current != pipeline.owner_oid || identity.session != pipeline.owner_oid) {
		throw Error(
			sqlstate::kInsufficientPrivilege,
			Format("the run of pipeline \"{}\" would not be made as its owner \"{}\"", pipeline.name, pipeline.owner),
			"A setting \"role\" of the owner or of the database changes who the session is: "
			"remove it with ALTER ROLE ... RESET role, or ALTER DATABASE ... RESET role.");
	}
	if (identity.isolation != XACT_READ_COMMITTED) {
		throw Error(sqlstate::kActiveSqlTransaction, "a pipeline runs in a READ COMMITTED transaction only",
					"Start the transaction with BEGIN ISOLATION LEVEL READ COMMITTED, or use trigger_pipeline.");
	}
}

int
PinRunSettings(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal *journal)
{
	// Somebody may have been let into a schema since the path was stored.
	pg::TrustedPath const path = pg::Trusted(pipeline.search_path, pipeline.owner_oid);
	if (!path.dropped.empty() && journal != nullptr) {
		journal->Warning(
			Format("the search_path of this run leaves out: {}; others may create objects there now, which "
				   "would run as the owner",
				   path.dropped));
	}
	std::string const work_mem = options.Text("work_mem");
	// pg_temp last, or temporary tables, staged rows among them, would hide the user's.
	std::string const search_path = path.kept + ", pg_temp";
	std::vector<leaf::PinnedSetting> settings{
		{"TimeZone", pipeline.timezone.c_str()},
		{"jit", options.Boolean("jit") ? "on" : "off"},
		{"search_path", search_path.c_str()},
	};
	for (const SessionSetting &setting : SessionSettings()) {
		if ((setting.places & OwnSession) != 0) {
			settings.push_back({setting.name, setting.value});
		}
	}
	if (!work_mem.empty()) {
		settings.push_back({"work_mem", work_mem.c_str()});
	}
	return pg::Call(leaf::PinSettings, static_cast<const leaf::PinnedSetting *>(settings.data()),
					static_cast<int>(settings.size()));
}

bool
MayRunNow(const catalog::Pipeline &pipeline)
{
	return TryLocks(pipeline) == leaf::LockOutcome::Taken;
}

void
RunBody(const RunBodyRequest &request, RunJournal &journal, catalog::RunCounters *counters)
{
	journal.EnterPhase("preparing");
	OptionValues const options = catalog::ReadOptions(request.pipeline.options);
	TimeLimit const limit(options.DurationMicroseconds("timeout"));
	try {
		Load(request, options, journal, counters);
	} catch (const Error &error) {
		if (limit.Explains(error)) {
			throw limit.Exceeded();
		}
		throw;
	}
}

} // namespace sluice::worker
