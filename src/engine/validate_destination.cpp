// Checks of validate_pipeline: what a run loads, and how.

#include "catalog/loaded_shape.hpp"
#include "core/sqlstate.hpp"
#include "engine/load/evolve.hpp"
#include "engine/load/load_facts.hpp"
#include "engine/load/losses.hpp"
#include "engine/plan_lines.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/validate_look.hpp"
#include "engine/wire/reached_server.hpp"
#include "pg/foreign_server.hpp"

namespace sluice::engine {

namespace {

// The destination's relation is open while it lives; an error closes it by the abort of the subtransaction around.
class OpenDestination {
public:
	explicit OpenDestination(Destination *destination) : destination_(destination)
	{
		if (OidIsValid(destination->oid)) {
			destination->relation = pg::Call(table_open, destination->oid, AccessShareLock);
		}
	}
	~OpenDestination() { destination_->relation = nullptr; }
	OpenDestination(const OpenDestination &) = delete;
	OpenDestination &operator=(const OpenDestination &) = delete;

	void Close()
	{
		if (Relation const relation = std::exchange(destination_->relation, nullptr)) {
			pg::Call(table_close, relation, AccessShareLock);
		}
	}

private:
	Destination *destination_;
};

ColumnMatch
Match(const Look &look)
{
	return look.remote != nullptr ? look.remote->Match(*look.query)
								  : MatchColumns(*look.query, look.destination.relation, nullptr);
}

bool
Exists(const Look &look)
{
	return look.remote != nullptr ? look.remote->Exists() : OidIsValid(look.destination.oid);
}

} // namespace

void
SeeDestinationServer(Look *look)
{
	CheckDestinationServer(*look->pipeline.destination, GetUserId());
	look->Ok(Format("role \"{}\" may use server \"{}\"", look->pipeline.owner, *look->pipeline.destination));
}

void
SeeDestinationConnection(Look *look)
{
	ForeignServer *const server = pg::Call(GetForeignServerByName, look->pipeline.destination->c_str(), false);
	look->Ok(Format("server \"{}\" is reached: {}", *look->pipeline.destination,
					ReachPostgres(*server, {pg::TimeoutsOf(look->options), 0, true})));
}

void
SeeDestination(Look *look)
{
	if (look->pipeline.destination) {
		look->remote = std::make_unique<RemoteDestination>(look->pipeline, look->options,
														   RemoteDestination::Purpose::Explain, look->journal);
		look->destination = look->remote->AsDestination();
	} else {
		look->destination = FindDestination(look->pipeline);
	}
	look->Ok(Exists(*look) ? look->destination.name + " exists"
						   : look->destination.name + " does not exist, and is created by the first run");
}

void
SeeDestinationRights(Look *look)
{
	if (look->remote != nullptr) {
		std::string hint;
		std::string const why_not = look->remote->WhyNotAllowed(&hint);
		if (!why_not.empty()) {
			throw Error(sqlstate::kInsufficientPrivilege, why_not, hint);
		}
		look->Ok(
			Format("the remote role may {} {}", Exists(*look) ? "load rows into" : "create", look->destination.name));
		return;
	}
	if (!OidIsValid(look->destination.oid)) {
		pg::Call(leaf::CheckCreateRight, look->pipeline.destination_table->c_str());
		look->Ok(Format("role \"{}\" may create it", look->pipeline.owner));
		return;
	}
	OpenDestination open(&look->destination);
	CheckLoadRights(look->destination);
	open.Close();
	look->Ok(Format("role \"{}\" may {}", look->pipeline.owner,
					look->destination.mode == LoadMode::Replace ? "replace its rows"
					: FindsByKeys(look->destination.mode)		? "merge rows into it"
																: "insert into it"));
}

void
SeeLedger(Look *look)
{
	if (look->remote->HasLedger()) {
		look->Ok(look->remote->LedgerText());
	} else {
		look->Warning(look->remote->LedgerText(), "A run that is lost at its very end may load its rows twice: see "
												  "doc/remote-destinations.md.");
	}
}

namespace {

const char *
WhatRunsDo(LoadMode mode)
{
	switch (mode) {
	case LoadMode::Append:
		return "every run appends its rows";
	case LoadMode::Replace:
		return "every run replaces all rows";
	case LoadMode::Merge:
		return "every run merges its rows by their keys";
	case LoadMode::Mirror:
		return "every run makes the rows those of the source, by their keys";
	case LoadMode::History:
		return "every run keeps what has changed as versions, by the keys";
	}
	return "";
}

} // namespace

void
SeeLoad(Look *look)
{
	std::vector<std::string> warnings;
	if (look->remote != nullptr) {
		CheckAlone(look->pipeline, look->destination,
				   FactsOf(look->pipeline, look->options, look->destination.mode).compare);
	} else if (Exists(*look)) {
		if (RefusesReplace(look->pipeline, look->destination)) {
			throw ReplaceNotChosen(look->destination);
		}
		OpenDestination open(&look->destination);
		LoadFacts facts = FactsOf(look->pipeline, look->options, look->destination.mode);
		ReadTargetFacts(&look->destination, &facts);
		CheckReplaceByDelete(look->destination, facts);
		CheckAlone(look->pipeline, look->destination, facts.compare);
		if (Compares(look->destination.mode)) {
			warnings = PlanLoad(facts).warnings;
		}
		open.Close();
	}
	look->Ok(WhatRunsDo(look->destination.mode));
	for (const std::string &warning : warnings) {
		look->Warning(warning);
	}
	if (look->pipeline.schedule && look->destination.mode == LoadMode::Append && !look->pipeline.filter &&
		!look->pipeline.cursor_column) {
		look->Warning("every run loads every row again",
					  "Give it a cursor_column, use load => 'replace', or a filter that selects what is new.");
	}
}

void
SeeColumnMatch(Look *look)
{
	if (!Exists(*look)) {
		const std::string &name = look->remote != nullptr ? look->remote->Table() : look->destination.name;
		if (std::optional<Error> const missing = look->query->MissingExtension()) {
			throw *missing;
		}
		CreatedTable const table =
			PlanTable(*look->query, look->input->Declared(*look->query),
					  CreateOptionsOf(look->options, look->destination.mode, look->destination.keys), name);
		look->Ok("it is created: " + table.create);
		for (const std::string &line : table.left_out) {
			look->Ok(line);
		}
		return;
	}
	if (look->remote != nullptr) {
		look->remote->Prepare(*look->query, DeclaredTable());
	}
	if (look->remote == nullptr) {
		std::string const change = PlanEvolution(look->pipeline, look->options, *look->query, look->destination,
												 catalog::LoadedShape(look->pipeline.id))
									   .statement;
		look->evolves = !change.empty();
		if (look->evolves) {
			look->Ok("before the load: " + change);
			return;
		}
	}
	OpenDestination open(&look->destination);
	if (look->remote == nullptr) {
		RunJournal told(pg::Now);
		ColumnMatch const match = MatchColumns(*look->query, look->destination.relation, &told);
		CheckLoadRights(look->destination, &match);
		for (const JournalLine &line : told.Lines()) {
			look->Ok(line.message);
		}
	}
	for (LossLine &line : LossLines(*look->query, look->destination, Match(*look))) {
		if (line.warning) {
			look->Warning(std::move(line.text), "Widen the column of the destination; or cast it in columns where that "
												"is meant; or set the option on_loss to 'fail'.");
		} else {
			look->Ok(std::move(line.text));
		}
	}
	open.Close();
	look->Ok("the source's columns fit those of the destination");
}

void
SeeDrift(Look *look)
{
	std::vector<catalog::LoadedColumn> const last = catalog::LoadedShape(look->pipeline.id);
	if (look->evolves) {
		look->Ok("the source's columns have changed since the last load, and the run alters the destination");
		return;
	}
	if (last.empty() || !Exists(*look)) {
		look->Ok("there is no load to compare the source with");
		return;
	}
	RunJournal told(pg::Now);
	OpenDestination open(&look->destination);
	CheckGone(look->pipeline, look->options, last, *look->query, look->destination, told);
	CheckDrift(look->pipeline, look->options, last, *look->query, look->destination, Match(*look), told);
	for (const JournalLine &line : told.Lines()) {
		look->Ok(line.message);
	}
	open.Close();
	look->Ok(last == ShapeOf(*look->query) ? "the source has the columns of the last load"
										   : "the source's columns have changed since the last load, and still fit");
}

void
SeePath(Look *look)
{
	if (look->evolves) {
		look->report.NotChecked(look->check, "it depends on the table as it will be then");
		return;
	}
	LoadFacts facts = FactsOf(look->pipeline, look->options, look->destination.mode);
	OpenDestination open(&look->destination);
	List *target_list = nullptr;
	if (look->remote != nullptr) {
		ReadRemoteFacts(look->destination, &facts);
	} else {
		ReadTargetFacts(&look->destination, &facts);
		target_list = Exists(*look) ? Match(*look).target_list : pg::Call(leaf::OwnTargetList, look->query->Analyzed());
	}
	PlanQuestion const question{look->options, &*look->query, &*look->input, look->destination, target_list};
	std::vector<std::string> warnings;
	for (std::string &line : PlanLines(question, &facts, &warnings)) {
		look->Ok(std::move(line));
	}
	for (std::string &warning : warnings) {
		look->Warning(std::move(warning));
	}
	open.Close();
}

} // namespace sluice::engine
