#include "worker/run_setup.hpp"

#include "core/session_settings.hpp"
#include "core/sqlstate.hpp"
#include "pg/guard.hpp"
#include "pg/search_path.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

bool
IsSessionOf(Oid role)
{
	return pg::Call(GetUserId) == role && pg::Call(GetSessionUserId) == role &&
		   pg::Call(GetAuthenticatedUserId) == role;
}

namespace {

// What every run pins, and the texts that it points to.
class RunSettings {
public:
	RunSettings(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal *journal)
		: work_mem_(options.Text("work_mem"))
	{
		// Somebody may have been let into a schema since the path was stored.
		pg::TrustedPath const path = pg::Trusted(pipeline.search_path, pipeline.owner_oid);
		if (!path.dropped.empty() && journal != nullptr) {
			journal->Warning(
				Format("the search_path of this run leaves out: {}; others may create objects there now, which "
					   "would run as the owner",
					   path.dropped));
		}
		// pg_temp last, or temporary tables, staged rows among them, would hide the user's.
		search_path_ = path.kept + ", pg_temp";
		settings_ = {
			{"TimeZone", pipeline.timezone.c_str()},
			{"jit", options.Boolean("jit") ? "on" : "off"},
			{"search_path", search_path_.c_str()},
		};
		for (const SessionSetting &setting : SessionSettings()) {
			if ((setting.places & OwnSession) != 0) {
				settings_.push_back({setting.name, setting.value});
			}
		}
		if (!work_mem_.empty()) {
			settings_.push_back({"work_mem", work_mem_.c_str()});
		}
	}
	RunSettings(const RunSettings &) = delete;
	RunSettings &operator=(const RunSettings &) = delete;

	const leaf::PinnedSetting *Data() const { return settings_.data(); }
	int Count() const { return static_cast<int>(settings_.size()); }

private:
	std::string const work_mem_;
	std::string search_path_;
	std::vector<leaf::PinnedSetting> settings_;
};

} // namespace

void
CheckIdentity(const catalog::Pipeline &pipeline)
{
	if (!IsSessionOf(pipeline.owner_oid)) {
		throw Error(
			sqlstate::kInsufficientPrivilege,
			Format("the run of pipeline \"{}\" would not be made as its owner \"{}\"", pipeline.name, pipeline.owner),
			"A setting \"role\" of the owner or of the database changes who the session is: "
			"remove it with ALTER ROLE ... RESET role, or ALTER DATABASE ... RESET role.");
	}
	if (XactIsoLevel != XACT_READ_COMMITTED) {
		throw Error(sqlstate::kActiveSqlTransaction, "a pipeline runs in a READ COMMITTED transaction only",
					"Start the transaction with BEGIN ISOLATION LEVEL READ COMMITTED, or use trigger_pipeline.");
	}
}

int
PinRunSettings(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal *journal)
{
	RunSettings const settings(pipeline, options, journal);
	return pg::Call(leaf::PinSettings, settings.Data(), settings.Count());
}

void
PinProcessSettings(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal *journal)
{
	RunSettings const settings(pipeline, options, journal);
	pg::Call(leaf::PinSettingsForProcess, settings.Data(), settings.Count());
}

} // namespace sluice::worker
