#include "engine/run.hpp"

#include "catalog/pipeline_options.hpp"
#include "engine/destination.hpp"
#include "engine/direct_load.hpp"
#include "engine/load.hpp"
#include "engine/push_filter.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/run_progress.hpp"
#include "engine/sources/run_input.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// A table that is new or has all new rows has no statistics that mean anything (design rule 24).
void
Analyze(const Destination &destination, const OptionValues &options, RunJournal &journal)
{
	bool const table =
		destination.traits.kind == RELKIND_RELATION || destination.traits.kind == RELKIND_PARTITIONED_TABLE;
	if (!table || destination.analyzed || (!destination.created && !destination.replace)) {
		return;
	}
	journal.EnterPhase("analyzing");
	if (options.Text("analyze") == "off") {
		journal.Info(Format("{} is not analyzed, because the option analyze is off", destination.name));
		return;
	}
	pg::SqlOptions as_owner;
	as_owner.run_as = destination.traits.owner;
	pg::Sql("ANALYZE " + destination.name, {}, as_owner);
	journal.Info(Format("{} analyzed", destination.name));
}

void
Execute(const RunRequest &request, RunJournal &journal, catalog::RunCounters *counters)
{
	const catalog::Pipeline &pipeline = request.pipeline;
	RunMemory memory;
	RunProgress progress(request.progress, journal, counters);
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	LockPatience const patience{options.DurationMicroseconds("swap_lock_timeout"),
								options.Integer("swap_lock_attempts")};

	progress.Enter("connecting");
	Destination destination = FindDestination(pipeline);
	RunInput input(pipeline, options, journal);
	journal.Info("reads " + input.Label());

	progress.Enter("preparing");
	MappedQuery query(input.Mapping());
	PushFilter(input, query, journal);
	if (OidIsValid(destination.oid)) {
		LockDestination(pipeline, &destination, patience, journal);
	} else {
		CreateDestination(pipeline, query, &destination, journal);
	}
	ColumnMatch const match = MatchColumns(query, destination.relation, &journal);
	pg::Call(leaf::CheckInsertRight, destination.oid, match.source_of.data(),
			 RelationGetNumberOfAttributes(destination.relation));
	ChoosePath(&destination);
	FillIfEmpty(&destination, journal);
	journal.Info(PathText(destination));
	ChooseDirectLoad(options, &destination);
	if (std::string const text = DirectLoadText(destination); !text.empty()) {
		journal.Info(text);
	}

	destination.analyze = options.Text("analyze") != "off";
	progress.Enter("loading");
	LoadRequest const load{input, query, match, destination, patience, journal, progress};
	progress.BeginLoad(destination.oid);
	int64_t const rows = Load(load);
	progress.EndLoad();
	journal.Info(Format("{} rows loaded into {}", rows, destination.name));
	input.Finish();

	Analyze(destination, options, journal);
	progress.Enter("finishing");
	memory.Free();
}

} // namespace

void
ExecuteRun(const RunRequest &request, RunJournal &journal, catalog::RunCounters *counters)
{
	try {
		Execute(request, journal, counters);
	} catch (const Error &error) {
		throw WithHint(error, request.pipeline);
	}
}

} // namespace sluice::engine
