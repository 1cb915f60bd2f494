// ExplainRun: the choices of a run without making it.

#include "catalog/pipeline_options.hpp"
#include "engine/known_secrets.hpp"
#include "engine/load/direct_load.hpp"
#include "engine/load/losses.hpp"
#include "engine/load/sequences.hpp"
#include "engine/parallel/parallel_plan.hpp"
#include "engine/run.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/transform/projection.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

int64_t
Clock()
{
	return GetCurrentTimestamp();
}

void
AddText(std::vector<std::string> *lines, const std::string &title, const std::string &text)
{
	lines->push_back(title + ":");
	size_t start = 0;
	while (start <= text.size()) {
		size_t const end = std::min(text.find('\n', start), text.size());
		lines->push_back("  " + text.substr(start, end - start));
		start = end + 1;
	}
}

void
AddRemoteQuery(std::vector<std::string> *lines, const RunInput &input, const MappedQuery &query)
{
	std::string const needs_sql = query.NeedsSql();
	TupleDesc const stream = input.Mapping().stream;
	std::vector<char> used(stream->natts + 1);
	pg::Call(leaf::FindUsedColumns, query.Analyzed(), stream, reinterpret_cast<bool *>(used.data()));
	used.pop_back();
	AddText(lines, "remote query", input.Wire()->RemoteStatement(std::vector<bool>(used.begin(), used.end())));
	if (!needs_sql.empty()) {
		lines->push_back("transform: by SQL over the staged rows, because " + needs_sql);
	} else {
		lines->push_back("transform: row by row, without staging");
	}
}

void
AddPlan(std::vector<std::string> *lines, const MappedQuery &query)
{
	pg::SqlResult const plan = pg::Sql("EXPLAIN (VERBOSE, COSTS OFF) " + query.Text());
	lines->push_back("plan:");
	for (size_t row = 0; row < plan.Rows(); ++row) {
		lines->push_back("  " + plan.Text(row, 0));
	}
}

void
AddParallel(std::vector<std::string> *lines, const OptionValues &options, const RunInput &input,
			const MappedQuery &query, const ColumnMatch &match, const Destination &destination)
{
	// A run asks again, and then there may be fewer worker slots.
	ParallelPlan const plan = PlanParallel({options, input, query, match, destination, true, kMaxParallel});
	if (!plan.reason.empty()) {
		lines->push_back("streams: " + plan.Text());
	}
}

// What the run's checks of its columns would say.
void
AddFit(std::vector<std::string> *lines, const catalog::Pipeline &pipeline, const MappedQuery &query,
	   const Destination &destination, const ColumnMatch &match)
{
	std::optional<Error> const drift =
		pg::Subtransaction([&] { CheckDrift(pipeline, catalog::LoadedShape(pipeline.id), query, destination, match); });
	if (drift) {
		lines->push_back("columns: a run fails: " + drift->Info().message);
	}
	for (const std::string &loss : Losses(query, destination, match)) {
		lines->push_back(query.IsExact() ? "columns: checked: " + loss + "; a value that would be changed fails the run"
										 : "columns: warning: " + loss);
	}
	for (const std::string &failure : Losses(query, destination, match, Fit::MayFail)) {
		lines->push_back("columns: " + failure);
	}
}

void
AddSequences(std::vector<std::string> *lines, const OptionValues &options, const Destination &destination,
			 const ColumnMatch &match)
{
	RunJournal journal(Clock);
	FedSequences sequences(options, journal);
	sequences.Find(destination, match);
	for (std::string &line : sequences.Describe()) {
		lines->push_back(std::move(line));
	}
}

void
AddDestination(std::vector<std::string> *lines, const catalog::Pipeline &pipeline, Destination *destination,
			   const OptionValues &options, const MappedQuery *query, const RunInput *input)
{
	if (destination->remote != nullptr) {
		for (std::string &line : destination->remote->Describe(query)) {
			lines->push_back(std::move(line));
		}
		if (query != nullptr && destination->remote->Exists()) {
			ColumnMatch const remote_match = destination->remote->Match(*query);
			AddFit(lines, pipeline, *query, *destination, remote_match);
			AddSequences(lines, options, *destination, remote_match);
		}
		return;
	}
	if (!OidIsValid(destination->oid)) {
		lines->push_back("destination: does not exist and is created: " +
						 (query != nullptr ? TableDefinition(*query, destination->name)
										   : "CREATE TABLE " + destination->name + " after the source's columns"));
		if (query != nullptr) {
			for (const std::string &missing : query->MissingTypes()) {
				lines->push_back("warning: " + missing);
			}
		}
		return;
	}
	lines->push_back("destination: " + destination->name);
	pg::Call(leaf::CheckInsertRight, destination->oid, static_cast<const int *>(nullptr), 0);
	if (destination->replace) {
		pg::Call(leaf::CheckReplaceRight, destination->oid);
	}
	if (RefusesReplace(pipeline, *destination)) {
		lines->push_back("load: a run fails: " + ReplaceNotChosen(*destination).Info().message);
	}
	destination->relation = pg::Call(table_open, destination->oid, AccessShareLock);
	ColumnMatch match;
	if (query != nullptr) {
		RunJournal journal(Clock);
		match = MatchColumns(*query, destination->relation, &journal);
		pg::Call(leaf::CheckInsertRight, destination->oid, match.source_of.data(),
				 RelationGetNumberOfAttributes(destination->relation));
		for (const JournalLine &line : journal.Lines()) {
			lines->push_back("columns: " + line.message);
		}
	}
	ChoosePath(destination);
	lines->push_back("path: " + PathText(*destination));
	ChooseDirectLoad(options, destination);
	if (query != nullptr) {
		AddParallel(lines, options, *input, *query, match, *destination);
	}
	if (std::string const text = DirectLoadText(*destination); !text.empty()) {
		lines->push_back(text);
	}
	const leaf::TableTraits &traits = destination->traits;
	bool const swap = destination->path == LoadPath::ReplaceSwap || destination->path == LoadPath::ReplaceRouted;
	if (swap && traits.index_count > 0) {
		lines->push_back(Format("indexes: {} built on the new file before the swap", traits.index_count));
	}
	bool const append = destination->path == LoadPath::Append || destination->path == LoadPath::AppendRouted;
	if (append && traits.index_count > 0 && pg::Call(leaf::IsEmpty, destination->relation)) {
		std::string const why = WhyNotFilled(options, *destination);
		lines->push_back(why.empty() ? Format("indexes: {} built after the load, if the table is still empty then and "
											  "nobody else writes to it",
											  traits.index_count)
									 : Format("indexes: {} kept up row by row, because {}", traits.index_count, why));
	}
	for (int i = 0;
		 destination->path != LoadPath::Sql && traits.foreign_keys != nullptr && i < traits.foreign_keys->count; ++i) {
		lines->push_back(
			Format("foreign keys: \"{}\" checked by one query after the load", traits.foreign_keys->keys[i].name));
	}
	if (query != nullptr) {
		AddFit(lines, pipeline, *query, *destination, match);
		AddSequences(lines, options, *destination, match);
	}
	pg::Call(table_close, destination->relation, NoLock);
}

std::vector<std::string>
Explain(const catalog::Pipeline &pipeline)
{
	RunMemory memory;
	std::vector<std::string> lines;
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	RunJournal elsewhere(Clock);
	std::unique_ptr<RemoteDestination> remote;
	Destination destination;
	if (pipeline.destination) {
		remote = std::make_unique<RemoteDestination>(pipeline, options, RemoteDestination::Purpose::Explain, elsewhere);
		destination.remote = remote.get();
	} else {
		destination = FindDestination(pipeline);
	}
	// That needs a temporary table, which explaining does not make.
	if (ImportsTable(pipeline)) {
		lines.push_back(Format("source: \"{}\" of server \"{}\", imported as a temporary foreign table for the run",
							   *pipeline.source_table, *pipeline.source));
		AddDestination(&lines, pipeline, &destination, options, nullptr, nullptr);
	} else {
		RunJournal journal(Clock);
		RunInput input(pipeline, options, journal);
		MappedQuery query(input.Mapping());
		input.CheckTables(query, journal);
		lines.push_back("source: " + input.Label());
		for (const JournalLine &line : journal.Lines()) {
			lines.push_back("source: " + line.message);
		}
		if (input.Wire() != nullptr) {
			RunJournal pushed(Clock);
			PushFilter(input, query, pushed);
			for (const JournalLine &line : pushed.Lines()) {
				lines.push_back("filter: " + line.message);
			}
			AddRemoteQuery(&lines, input, query);
		} else {
			AddPlan(&lines, query);
		}
		AddDestination(&lines, pipeline, &destination, options, &query, &input);
	}
	memory.Free();
	return lines;
}

} // namespace

std::vector<std::string>
ExplainRun(const catalog::Pipeline &pipeline)
{
	RememberMappedSecrets(GetUserId());
	try {
		return Explain(pipeline);
	} catch (const Error &error) {
		throw WithHint(WithoutSecrets(error), pipeline);
	}
}

} // namespace sluice::engine
