#include "engine/repair.hpp"

#include "catalog/pipeline_keys.hpp"
#include "catalog/pipeline_options.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/target/row_keys.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

void
CheckRepairable(const catalog::Pipeline &pipeline)
{
	constexpr const char *kRunHint = "trigger_pipeline makes a run of it, which compares all rows where it reads all.";
	constexpr const char *kAppendHint =
		"Give it key_columns and load => 'merge'; then rows that the next run reads again are found by their keys.";
	constexpr const char *kElseHint = "A repair compares what a source has with a table.";
	const std::string load = pipeline.load.value_or("");
	const char *hint = kElseHint;
	std::string why;
	if (pipeline.command) {
		why = "it runs a command";
	} else if (pipeline.IsContinuous()) {
		why = "its mode is realtime";
	} else if (catalog::ReadOptions(pipeline.options).IsGiven("transform")) {
		why = "its transform computes over all rows";
	} else if (load == "mirror" || load == "history") {
		why = "its load is " + load;
		hint = kRunHint;
	} else if (load == "append" && pipeline.cursor_column) {
		why = "it appends by a cursor, and its next run would append what a repair has loaded";
		hint = kAppendHint;
	}
	if (!why.empty()) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("pipeline \"{}\" cannot be repaired, because {}", pipeline.name, why), hint);
	}
}

catalog::Pipeline
AsRepair(const catalog::Pipeline &pipeline, bool deletes_extra, RunJournal &journal)
{
	CheckRepairable(pipeline);
	RunJournal before(pg::Now);
	std::optional<RemoteDestination> remote;
	if (pipeline.destination) {
		// It is connected to once more, as what the run then is.
		CheckDestinationServer(*pipeline.destination, GetUserId());
		remote.emplace(pipeline, catalog::ReadOptions(pipeline.options), RemoteDestination::Purpose::Explain, before);
	}
	Destination const destination = remote ? remote->AsDestination() : FindDestination(pipeline);
	if (remote ? !remote->Exists() : !OidIsValid(destination.oid)) {
		throw Error(sqlstate::kUndefinedTable,
					Format("destination \"{}\" does not exist yet", *pipeline.destination_table),
					"Run the pipeline first: its first run creates it.");
	}
	std::vector<std::string> const keys = RowKeys(pipeline, catalog::KeyColumns(pipeline), destination);
	std::vector<pg::SqlValue> const values(keys.begin(), keys.end());
	catalog::Pipeline repaired = pipeline;
	repaired.load = NameOf(deletes_extra ? LoadMode::Mirror : LoadMode::Merge);
	repaired.key_columns = catalog::TextArray(values);
	journal.Info(Format("repair: all rows of the source are compared with those of {} by ({}), and rows that only it "
						"has are {}",
						destination.name, Join(keys, ", "), deletes_extra ? "taken away" : "left alone"));
	return repaired;
}

} // namespace sluice::engine
