// ExplainRun: the choices of a run without making it.

#include "catalog/pipeline_options.hpp"
#include "engine/command/run_script.hpp"
#include "engine/known_secrets.hpp"
#include "engine/load/evolve.hpp"
#include "engine/load/load_facts.hpp"
#include "engine/load/losses.hpp"
#include "engine/load/sequences.hpp"
#include "engine/plan_lines.hpp"
#include "engine/run.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/source/cursor_read.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/transform/projection.hpp"
#include "engine/transform/reshape.hpp"
#include "pg/read_only.hpp"
#include "pg/settings.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

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
	AddText(lines, "remote query", input.Wire()->RemoteStatement(input.Needed(query)));
}

void
AddQueryPlan(std::vector<std::string> *lines, const MappedQuery &query)
{
	pg::SqlResult const plan = pg::Sql("EXPLAIN (VERBOSE, COSTS OFF) " + query.Text());
	lines->push_back("plan:");
	for (size_t row = 0; row < plan.Rows(); ++row) {
		lines->push_back("  " + plan.Text(row, 0));
	}
}

void
AddLines(std::vector<std::string> *lines, const RunJournal &journal)
{
	for (const JournalLine &line : journal.Lines()) {
		lines->push_back((line.level == "warning" ? "warning: " : "") + line.message);
	}
}

struct Question {
	const catalog::Pipeline &pipeline;
	const OptionValues &options;
	const MappedQuery *query; // NULL, and so is the input: the run imports the source
	RunInput *input;
};

void
AddPlan(std::vector<std::string> *lines, const Question &question, const Destination &destination, List *target_list,
		LoadFacts *facts)
{
	std::vector<std::string> warnings;
	for (std::string &line :
		 PlanLines({question.options, question.query, question.input, destination, target_list}, facts, &warnings)) {
		lines->push_back(std::move(line));
	}
	for (const std::string &warning : warnings) {
		lines->push_back("warning: " + warning);
	}
}

// What the run's checks of its columns would say.
void
AddFit(std::vector<std::string> *lines, const catalog::Pipeline &pipeline, const MappedQuery &query,
	   const Destination &destination, const ColumnMatch &match)
{
	std::vector<catalog::LoadedColumn> const last = catalog::LoadedShape(pipeline.id);
	RunJournal gone(pg::Now);
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	std::optional<Error> const drift = pg::Subtransaction([&] {
		CheckGone(pipeline, options, last, query, destination, gone);
		CheckDrift(pipeline, options, last, query, destination, match, gone);
	});
	for (const JournalLine &line : gone.Lines()) {
		lines->push_back(line.message);
	}
	if (drift) {
		lines->push_back("columns: a run fails: " + drift->Info().message);
	}
	for (LossLine &line : LossLines(query, destination, match)) {
		lines->push_back(std::move(line.text));
	}
}

void
AddSequences(std::vector<std::string> *lines, const OptionValues &options, const Destination &destination,
			 const ColumnMatch &match)
{
	RunJournal journal(pg::Now);
	FedSequences sequences(options, journal);
	sequences.Find(destination, match);
	for (std::string &line : sequences.Describe()) {
		lines->push_back(std::move(line));
	}
}

void
AddRemoteDestination(std::vector<std::string> *lines, const Question &question, Destination *destination)
{
	RemoteDestination &remote = *destination->remote;
	LoadFacts facts = FactsOf(question.pipeline, question.options, destination->mode);
	ReadRemoteFacts(*destination, &facts);
	bool const asks = question.input != nullptr && !remote.Exists();
	DeclaredTable const declared = asks ? question.input->Declared(*question.query) : DeclaredTable();
	for (std::string &line : remote.Describe(question.query, declared, PlanLoad(facts).analyze)) {
		lines->push_back(std::move(line));
	}
	if (std::optional<Error> const refused =
			pg::Subtransaction([&] { CheckAlone(question.pipeline, *destination, facts.compare); })) {
		lines->push_back("load: a run fails: " + refused->Info().message);
	}
	AddPlan(lines, question, *destination, nullptr, &facts);
	if (question.query != nullptr && remote.Exists()) {
		ColumnMatch const match = remote.Match(*question.query);
		AddFit(lines, question.pipeline, *question.query, *destination, match);
		AddSequences(lines, question.options, *destination, match);
	}
}

void
AddNewDestination(std::vector<std::string> *lines, const Question &question, Destination *destination)
{
	CreatedTable table;
	table.create = "CREATE TABLE " + destination->name + " after the source's columns";
	if (question.query != nullptr) {
		if (std::optional<Error> const missing = question.query->MissingExtension()) {
			lines->push_back("destination: a run fails: " + missing->Info().message + ": " + missing->Info().hint);
		}
		table = PlanTable(*question.query, question.input->Declared(*question.query),
						  CreateOptionsOf(question.options, destination->mode, destination->keys), destination->name);
	}
	lines->push_back("destination: does not exist and is created: " + table.create);
	for (const std::string &statement : table.comments) {
		lines->push_back("destination: " + statement);
	}
	for (const std::string &statement : table.indexes) {
		lines->push_back("destination: after the load: " + statement);
	}
	for (const std::string &line : table.left_out) {
		lines->push_back("destination: " + line);
	}
	LoadFacts facts = FactsOf(question.pipeline, question.options, destination->mode);
	ReadTargetFacts(destination, &facts);
	List *target_list = nullptr;
	if (question.query != nullptr) {
		for (const std::string &missing : question.query->MissingTypes()) {
			lines->push_back("warning: " + missing);
		}
		target_list = pg::Call(leaf::OwnTargetList, question.query->Analyzed());
	}
	AddPlan(lines, question, *destination, target_list, &facts);
}

void
AddDestination(std::vector<std::string> *lines, const Question &question, Destination *destination)
{
	lines->push_back("destination: " + destination->name);
	CheckLoadRights(*destination);
	if (RefusesReplace(question.pipeline, *destination)) {
		lines->push_back("load: a run fails: " + ReplaceNotChosen(*destination).Info().message);
	}
	if (question.query != nullptr) {
		std::string const change = PlanEvolution(question.pipeline, question.options, *question.query, *destination,
												 catalog::LoadedShape(question.pipeline.id))
									   .statement;
		if (!change.empty()) {
			lines->push_back("destination: before the load: " + change);
			return;
		}
	}
	destination->relation = pg::Call(table_open, destination->oid, AccessShareLock);
	ColumnMatch match;
	if (question.query != nullptr) {
		RunJournal journal(pg::Now);
		match = MatchColumns(*question.query, destination->relation, &journal);
		CheckLoadRights(*destination, &match);
		for (const JournalLine &line : journal.Lines()) {
			lines->push_back(line.message);
		}
	}
	LoadFacts facts = FactsOf(question.pipeline, question.options, destination->mode);
	ReadTargetFacts(destination, &facts);
	if (std::optional<Error> const refused = pg::Subtransaction([&] { CheckReplaceByDelete(*destination, facts); })) {
		lines->push_back("load: a run fails: " + refused->Info().message);
	}
	if (std::optional<Error> const refused =
			pg::Subtransaction([&] { CheckAlone(question.pipeline, *destination, facts.compare); })) {
		lines->push_back("load: a run fails: " + refused->Info().message);
	}
	AddPlan(lines, question, *destination, match.target_list, &facts);
	if (question.query != nullptr) {
		AddFit(lines, question.pipeline, *question.query, *destination, match);
		AddSequences(lines, question.options, *destination, match);
	}
	pg::Call(table_close, destination->relation, NoLock);
}

void
AddAnyDestination(std::vector<std::string> *lines, const Question &question, Destination *destination)
{
	if (destination->remote != nullptr) {
		AddRemoteDestination(lines, question, destination);
	} else if (OidIsValid(destination->oid)) {
		AddDestination(lines, question, destination);
	} else {
		AddNewDestination(lines, question, destination);
	}
}

std::vector<std::string>
Explain(const catalog::Pipeline &pipeline)
{
	RunMemory memory;
	std::vector<std::string> lines;
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	RunJournal elsewhere(pg::Now);
	std::unique_ptr<RemoteDestination> remote;
	Destination destination;
	if (pipeline.destination) {
		CheckDestinationServer(*pipeline.destination, GetUserId());
		remote = std::make_unique<RemoteDestination>(pipeline, options, RemoteDestination::Purpose::Explain, elsewhere);
		destination = remote->AsDestination();
	} else {
		destination = FindDestination(pipeline);
	}
	lines = ExplainScript(options, kBeforeSql);
	// That needs a temporary table, which explaining does not make.
	if (ImportsTable(pipeline)) {
		lines.push_back(Format("source: \"{}\" of server \"{}\", imported as a temporary foreign table for the run",
							   *pipeline.source_table, *pipeline.source));
		AddAnyDestination(&lines, {pipeline, options, nullptr, nullptr}, &destination);
	} else {
		RunJournal journal(pg::Now);
		RunInput input(pipeline, options, journal);
		// Code of the owner runs where nothing can be written.
		std::optional<pg::ReadOnlyScope> writes_nothing(std::in_place);
		std::optional<CursorRead> cursor;
		RunJournal begun(pg::Now);
		if (pipeline.cursor_column) {
			cursor.emplace(pipeline, options, input, FindsByKeys(destination.mode));
			cursor->BeforeAnalysis(begun);
		}
		MappedQuery query(input.Mapping());
		writes_nothing.reset();
		input.CheckTables(query, journal);
		writes_nothing.emplace();
		lines.push_back("source: " + input.Label());
		for (const JournalLine &line : journal.Lines()) {
			lines.push_back("source: " + line.message);
		}
		if (input.Wire() != nullptr) {
			RunJournal pushed(pg::Now);
			PushFilter(input, query, pushed);
			for (const JournalLine &line : pushed.Lines()) {
				lines.push_back("filter: " + line.message);
			}
		}
		if (cursor) {
			cursor->AfterFilter(query, begun);
		}
		AddLines(&lines, begun);
		if (input.Wire() != nullptr) {
			AddRemoteQuery(&lines, input, query);
		} else {
			AddQueryPlan(&lines, query);
		}
		std::optional<MappedQuery> reshaped;
		if (std::optional<MappingInput> const over = ReshapedMapping(options, query, input.Stamp())) {
			reshaped.emplace(*over);
			AddText(&lines, "transform, over all rows of that", *over->transform);
		}
		writes_nothing.reset();
		AddAnyDestination(&lines, {pipeline, options, reshaped ? &*reshaped : &query, &input}, &destination);
	}
	for (std::string &line : ExplainScript(options, kAfterSql)) {
		lines.push_back(std::move(line));
	}
	memory.Free();
	return lines;
}

} // namespace

std::vector<std::string>
ExplainRun(const catalog::Pipeline &pipeline)
{
	if (pipeline.command) {
		return ExplainCommand(pipeline);
	}
	RememberMappedSecrets(GetUserId());
	try {
		return Explain(pipeline);
	} catch (const Error &error) {
		throw WithHint(OfALook(WithoutSecrets(error)), pipeline);
	}
}

} // namespace sluice::engine
