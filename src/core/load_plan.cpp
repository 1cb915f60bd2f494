#include "core/load_plan.hpp"

#include "core/format.hpp"
#include "core/load_words.hpp"

namespace sluice {

namespace {

struct Choice {
	LoadPath path;
	std::string reason;
};

// Why rows find those that are there when all have come; '' where there are none, too.
std::string
WhyNotWalked(const LoadFacts &facts)
{
	if (!FindsByKeys(facts.mode) || facts.created) {
		return {};
	}
	return facts.remote								 ? "it is at another server"
		   : facts.by_cursor && Compares(facts.mode) ? "they come by a cursor"
		   : !facts.compare.scope.empty()			 ? "scope is a condition of SQL"
		   : facts.merge.key_index.empty()			 ? "there is no unique index by which to find them"
													 : facts.no_walk;
}

// Before it is asked whether an empty table is filled by a swap.
Choice
ChoosePath(const LoadFacts &facts)
{
	bool const replace = facts.mode == LoadMode::Replace;
	if (facts.remote && !FindsByKeys(facts.mode)) {
		return {LoadPath::Remote, "it is at another server"};
	}
	if (FindsByKeys(facts.mode)) {
		std::string const why = WhyNotWalked(facts);
		return {facts.mode == LoadMode::Merge	 ? LoadPath::Merge
				: facts.mode == LoadMode::Mirror ? LoadPath::Mirror
												 : LoadPath::History,
				Format("load is {}{}{}", NameOf(facts.mode), why.empty() ? "" : ", and ", why)};
	}
	if (!facts.needs_sql.empty()) {
		return {LoadPath::Sql, facts.needs_sql};
	}
	if (facts.quarantine && facts.partitioned) {
		return {LoadPath::Sql, "on_reject is quarantine, and it is partitioned"};
	}
	if (facts.created) {
		return {LoadPath::AppendCreated, "this run creates it"};
	}
	if (replace && !facts.no_swap.empty()) {
		return {LoadPath::ReplaceInPlace, facts.no_swap};
	}
	if (replace && facts.quarantine && facts.has_unique) {
		return {LoadPath::ReplaceInPlace, "on_reject is quarantine, and its unique indexes refuse rows one by one"};
	}
	if (facts.partitioned) {
		return {replace ? LoadPath::ReplaceRouted : LoadPath::AppendRouted,
				"all its partitions are plain tables without triggers"};
	}
	return {replace ? LoadPath::ReplaceSwap : LoadPath::Append, "it is a plain table without triggers"};
}

std::string
WhyNotFilled(const LoadFacts &facts)
{
	if (facts.quarantine && facts.has_unique) {
		return "on_reject is quarantine, and its unique indexes refuse rows one by one";
	}
	return facts.keep_indexes ? "the option indexes is keep" : !facts.no_fill.empty() ? facts.no_fill : facts.in_use;
}

// What several streams fill nobody may see, and it must be put in place at one instant. How far a source is read one
// connection tells.
std::string
DestinationObstacle(const LoadFacts &facts, LoadPath path)
{
	if (facts.by_cursor) {
		return "rows are read by a cursor";
	}
	if (facts.quarantine) {
		return "on_reject is quarantine, and one stream counts the rows";
	}
	if (facts.remote) {
		return "the destination is at another server";
	}
	switch (path) {
	case LoadPath::ReplaceSwap:
		return {};
	case LoadPath::AppendCreated:
		return !facts.not_shaped.empty() ? facts.not_shaped : facts.decoded;
	case LoadPath::Append: {
		if (!facts.empty) {
			return "the destination has rows already, and several can only fill a new file that is swapped in";
		}
		std::string const why = WhyNotFilled(facts);
		return why.empty() ? why : "the empty destination cannot be filled by a swap: " + why;
	}
	default:
		return "several can only fill a new file that is swapped in, and that is not the way here";
	}
}

ParallelChoice
ChooseStreams(const LoadFacts &facts, LoadPath path)
{
	if (facts.parallel.option == "1") {
		return {};
	}
	ParallelFacts parallel = facts.parallel;
	if (std::string obstacle = DestinationObstacle(facts, path); !obstacle.empty()) {
		parallel.obstacle = std::move(obstacle);
	}
	return ChooseParallel(parallel);
}

LoadLock
LockFor(const LoadFacts &facts, LoadPath path)
{
	if (facts.created) {
		return LoadLock::None;
	}
	if (facts.remote) {
		return Compares(facts.mode) ? LoadLock::KeepWritersOut : LoadLock::None;
	}
	// Who deletes a row that new ones refer to does not see them.
	bool const checks_itself = IsAppend(path) && facts.refers_to_itself;
	return facts.mode == LoadMode::Replace || Compares(facts.mode) || checks_itself ? LoadLock::KeepWritersOut
																					: LoadLock::Write;
}

// Why pages are not built directly where rows go into a new file; '' when they are.
std::string
WhyNotDirect(const LoadFacts &facts, LoadPath path)
{
	if (!facts.direct) {
		return "the option direct is off";
	}
	// The new heap of a swap is made by the load itself, and a table that is decoded is not swapped.
	if (IsSwap(path)) {
		return {};
	}
	return !facts.not_new_file.empty() ? facts.not_new_file : facts.decoded;
}

} // namespace

std::string
WhyNoQuarantine(const LoadFacts &facts)
{
	if (Compares(facts.mode)) {
		return Format("load is {}, which would take them for gone", NameOf(facts.mode));
	}
	if (facts.remote) {
		return facts.mode == LoadMode::Merge ? "load is merge, and it is at another server" : facts.no_try;
	}
	if (facts.refers_to_itself) {
		return "it has a foreign key to itself, and what a row refers to may come after it";
	}
	if (facts.mode == LoadMode::Merge) {
		return !facts.needs_sql.empty() ? facts.needs_sql
			   : facts.partitioned		? "load is merge, and it is partitioned"
										: facts.unforeseen;
	}
	return ChoosePath(facts).path == LoadPath::Sql ? facts.no_try : "";
}

std::string
WhyNotParallel(const LoadFacts &facts)
{
	return DestinationObstacle(facts, ChoosePath(facts).path);
}

LoadPlan
PlanLoad(const LoadFacts &facts)
{
	Choice choice = ChoosePath(facts);
	LoadPlan plan;
	plan.mode = facts.mode;
	plan.merge = facts.merge;
	plan.compare = facts.compare;
	plan.puts_aside = facts.quarantine;
	plan.may_defer = facts.may_defer;
	plan.refuses_empty = facts.mode == LoadMode::Replace && !facts.created && !facts.compare.may_be_empty;
	plan.walks = FindsByKeys(facts.mode) && !facts.created && WhyNotWalked(facts).empty();
	plan.lock = LockFor(facts, choice.path);

	ParallelChoice const parallel = ChooseStreams(facts, choice.path);
	plan.streams = parallel.streams;
	plan.streams_reason = parallel.reason;
	if (IsAppend(choice.path) && facts.empty && (facts.index_count > 0 || plan.streams > 1) &&
		WhyNotFilled(facts).empty()) {
		plan.fills_empty = true;
		choice.path = choice.path == LoadPath::Append ? LoadPath::ReplaceSwap : LoadPath::ReplaceRouted;
		choice.reason = facts.index_count > 0
							? "it is empty and nobody else writes to it: its indexes are built after the load"
							: "it is empty and nobody else writes to it, and several streams fill it";
	}
	plan.path = choice.path;

	PlanReasons reasons;
	reasons.path = choice.reason;
	reasons.not_filled = WhyNotFilled(facts);
	if (WritesNewFile(plan.path)) {
		reasons.not_direct = WhyNotDirect(facts, plan.path);
		plan.direct = reasons.not_direct.empty();
	}
	plan.staged =
		facts.over_wire && ((plan.path == LoadPath::Sql && !facts.quarantine) || !facts.query_needs_sql.empty());

	// A table that is new or has all new rows has no statistics that mean anything.
	reasons.gets_statistics = facts.is_table && (facts.created || facts.mode == LoadMode::Replace || plan.fills_empty);
	plan.analyze = reasons.gets_statistics && facts.analyze;

	TellPlan(facts, reasons, &plan);
	return plan;
}

} // namespace sluice
