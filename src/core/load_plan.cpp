#include "core/load_plan.hpp"

#include "core/format.hpp"

namespace sluice {

namespace {

bool
IsSwap(LoadPath path)
{
	return path == LoadPath::ReplaceSwap || path == LoadPath::ReplaceRouted;
}

bool
IsAppend(LoadPath path)
{
	return path == LoadPath::Append || path == LoadPath::AppendRouted;
}

struct Choice {
	LoadPath path;
	std::string reason;
};

// Before it is asked whether an empty table is filled by a swap.
Choice
ChoosePath(const LoadFacts &facts)
{
	bool const replace = facts.mode == LoadMode::Replace;
	if (facts.remote) {
		return {LoadPath::Remote, "it is at another server"};
	}
	if (FindsByKeys(facts.mode)) {
		return {facts.mode == LoadMode::Merge	 ? LoadPath::Merge
				: facts.mode == LoadMode::Mirror ? LoadPath::Mirror
												 : LoadPath::History,
				Format("load is {}", NameOf(facts.mode))};
	}
	if (!facts.needs_sql.empty()) {
		return {LoadPath::Sql, facts.needs_sql};
	}
	if (facts.created) {
		return {LoadPath::AppendCreated, "this run creates it"};
	}
	if (replace && !facts.no_swap.empty()) {
		return {LoadPath::ReplaceInPlace, facts.no_swap};
	}
	if (replace && facts.quarantine && facts.has_unique && !facts.partitioned) {
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
	switch (path) {
	case LoadPath::Remote:
		return "the destination is at another server";
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
	if (path == LoadPath::Remote || facts.created) {
		return LoadLock::None;
	}
	// Who deletes a row that new ones refer to does not see them.
	bool const checks_itself = IsAppend(path) && facts.refers_to_itself;
	return facts.mode == LoadMode::Replace || Compares(facts.mode) || checks_itself ? LoadLock::KeepWritersOut
																					: LoadLock::Write;
}

std::string
PathText(const LoadFacts &facts, const Choice &choice)
{
	const char *what = "";
	switch (choice.path) {
	case LoadPath::Append:
		what = "rows are appended to {} on the fast path";
		break;
	case LoadPath::AppendRouted:
		what = "rows are routed to the partitions of {} on the fast path";
		break;
	case LoadPath::AppendCreated:
		what = "rows are written frozen into {}";
		break;
	case LoadPath::ReplaceSwap:
		what = "rows go into a new file that is swapped in for that of {}";
		break;
	case LoadPath::ReplaceRouted:
		what = "rows are routed into new files that are swapped in for those of the partitions of {}";
		break;
	case LoadPath::ReplaceInPlace:
		what = "the rows of {} are deleted and new ones inserted in place of a swap";
		break;
	case LoadPath::Sql:
		what = "rows are inserted into {} by SQL";
		break;
	case LoadPath::Merge:
		what = "rows are staged in a temporary table and merged into {} by SQL";
		break;
	case LoadPath::Mirror:
	case LoadPath::History:
		what = "rows are staged in a temporary table and compared with those of {} by SQL";
		break;
	case LoadPath::Remote:
		what = "rows are sent to {} by COPY";
		break;
	}
	return "path: " + FormatRuntime(what, facts.name) + ", because " + choice.reason;
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

std::string
IndexText(const LoadFacts &facts, LoadPath path)
{
	if (facts.index_count == 0) {
		return {};
	}
	if (IsSwap(path)) {
		return Format("indexes: {} built on the new file before the swap", facts.index_count);
	}
	if (IsAppend(path) && facts.empty) {
		return Format("indexes: {} kept up row by row, because {}", facts.index_count, WhyNotFilled(facts));
	}
	return {};
}

std::string
ForeignKeyText(const LoadFacts &facts, LoadPath path)
{
	if (path == LoadPath::Sql || path == LoadPath::Remote || FindsByKeys(facts.mode) ||
		(facts.foreign_keys.empty() && facts.deferred_keys.empty())) {
		return {};
	}
	const auto told = [](const std::vector<std::string> &keys, const char *when) {
		std::string names;
		for (const std::string &name : keys) {
			names += (names.empty() ? "\"" : ", \"") + name + "\"";
		}
		return keys.empty() ? names
							: Format("{} checked by one query{} {}", names, keys.size() == 1 ? "" : " each", when);
	};
	std::string const now = told(facts.foreign_keys, "after the load");
	std::string const later = told(facts.deferred_keys, facts.deferred_keys.size() == 1
															? "when the transaction ends, to which it is deferred"
															: "when the transaction ends, to which they are deferred");
	return "foreign keys: " + now + (now.empty() || later.empty() ? "" : "; ") + later;
}

std::string
KeyText(const LoadFacts &facts, LoadPath path)
{
	if (!FindsByKeys(facts.mode) || path == LoadPath::Remote) {
		return {};
	}
	const MergePlan &merge = facts.merge;
	return Format("keys: rows are found by ({}), {}", merge.KeyList(),
				  facts.created				? facts.mode == LoadMode::History
												  ? "the unique index of current versions that the table gets"
												  : "the primary key that the table gets"
				  : merge.key_index.empty() ? "for which there is no unique index"
											: Format("unique index \"{}\"", merge.key_index));
}

std::string
StrategyText(const LoadFacts &facts, LoadPath path)
{
	if (path != LoadPath::Merge) {
		return {};
	}
	switch (facts.merge.strategy) {
	case MergeStrategy::InsertOnly:
		return "merge: rows whose key is there already are left alone, all others inserted, because merge_strategy is "
			   "insert_only";
	case MergeStrategy::DeleteInsert:
		return "merge: rows that differ are deleted and inserted anew, because merge_strategy is delete_insert";
	default:
		return "merge: rows that differ are updated, rows whose key is not there are inserted, all others stay "
			   "untouched";
	}
}

std::string
LockText(const LoadFacts &facts, LoadLock lock)
{
	if (lock != LoadLock::KeepWritersOut) {
		return {};
	}
	if (Compares(facts.mode)) {
		return Format("lock: other writers wait until the end, because rows are compared with those of {}", facts.name);
	}
	return facts.mode != LoadMode::Append
			   ? std::string()
			   : Format("lock: other writers wait until the end, because {} has foreign keys to itself", facts.name);
}

// What becomes of rows that are gone from the source.
std::string
CompareText(const LoadFacts &facts, LoadPath path)
{
	const ComparePlan &compare = facts.compare;
	if (path == LoadPath::Mirror) {
		return Format(
			"mirror: rows that differ are updated, rows whose key is not there are inserted, rows that are gone "
			"from the source are {}, all others stay untouched",
			compare.mark_column.empty() ? std::string("deleted") : Format("marked in \"{}\"", compare.mark_column));
	}
	if (path == LoadPath::History) {
		return Format("history: a row that differs from its current version becomes the next one, {}, all others stay "
					  "untouched",
					  compare.finds_gone ? "versions of rows that are gone from the source are closed"
										 : "rows that are gone from the source are not noticed, because rows are read "
										   "by a cursor");
	}
	return {};
}

std::string
ScopeText(const LoadFacts &facts)
{
	return Compares(facts.mode) && !facts.compare.scope.empty()
			   ? Format("scope: of {} only rows that fit {} count", facts.name, facts.compare.scope)
			   : "";
}

std::string
GuardText(const LoadFacts &facts)
{
	const ComparePlan &compare = facts.compare;
	if (!Compares(facts.mode) || !compare.finds_gone || facts.created) {
		return {};
	}
	return Format("guards: the run fails where more than {} would be {}{}",
				  compare.max_deletes.ends_with('%') ? compare.max_deletes + " of the rows"
													 : compare.max_deletes + " rows",
				  facts.mode == LoadMode::History ? "closed"
				  : compare.mark_column.empty()	  ? "deleted"
												  : "marked",
				  compare.may_be_empty ? "; a source that gives no row is allowed, because on_empty is load"
									   : ", and where the source gives no row while there are some");
}

std::string
TransformText(const LoadFacts &facts, const LoadPlan &plan)
{
	if (!facts.over_wire) {
		return {};
	}
	if (!plan.staged) {
		return "transform: row by row, without staging";
	}
	return "transform: by SQL over the staged rows, because " +
		   (facts.query_needs_sql.empty() ? "only SQL inserts them" : facts.query_needs_sql);
}

} // namespace

std::optional<LoadMode>
ParseLoadMode(std::string_view text)
{
	if (text == "append") {
		return LoadMode::Append;
	}
	if (text == "replace") {
		return LoadMode::Replace;
	}
	if (text == "merge") {
		return LoadMode::Merge;
	}
	if (text == "mirror") {
		return LoadMode::Mirror;
	}
	if (text == "history") {
		return LoadMode::History;
	}
	return std::nullopt;
}

const char *
NameOf(LoadMode mode)
{
	switch (mode) {
	case LoadMode::Append:
		return "append";
	case LoadMode::Replace:
		return "replace";
	case LoadMode::Merge:
		return "merge";
	case LoadMode::Mirror:
		return "mirror";
	case LoadMode::History:
		return "history";
	}
	return "";
}

bool
FindsByKeys(LoadMode mode)
{
	return mode == LoadMode::Merge || Compares(mode);
}

bool
Compares(LoadMode mode)
{
	return mode == LoadMode::Mirror || mode == LoadMode::History;
}

bool
ComparePlan::Allows(int64_t gone, int64_t of_rows) const
{
	std::optional<RowLimit> const limit = RowLimit::Parse(max_deletes);
	return limit && limit->Allows(gone, of_rows);
}

std::string
MergePlan::KeyList() const
{
	return Join(keys, ", ");
}

std::string
WhyNoQuarantine(const LoadFacts &facts)
{
	if (facts.remote) {
		return "it is at another server";
	}
	if (Compares(facts.mode)) {
		return Format("load is {}, which would take them for gone", NameOf(facts.mode));
	}
	if (facts.mode == LoadMode::Merge) {
		return "load is merge, which writes all rows with a statement";
	}
	if (!facts.needs_sql.empty()) {
		return "only SQL can load it: " + facts.needs_sql;
	}
	if (facts.partitioned) {
		return "it is partitioned";
	}
	if (!facts.foreign_keys.empty() || !facts.deferred_keys.empty()) {
		return Format("it has foreign keys ({})",
					  Join(facts.foreign_keys.empty() ? facts.deferred_keys : facts.foreign_keys, ", "));
	}
	return {};
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

	std::string direct_text;
	if (IsSwap(plan.path) || plan.path == LoadPath::AppendCreated) {
		std::string const why = WhyNotDirect(facts, plan.path);
		plan.direct = why.empty();
		direct_text = plan.direct ? "direct load: pages are built in memory and written once, because the file is new"
								  : "direct load is not used, because " + why;
	}
	plan.staged = facts.over_wire && (plan.path == LoadPath::Sql || !facts.query_needs_sql.empty());

	// A table that is new or has all new rows has no statistics that mean anything.
	bool const is_new = facts.is_table && (facts.created || facts.mode == LoadMode::Replace || plan.fills_empty);
	plan.analyze = is_new && facts.analyze;

	for (const std::string &text :
		 {PathText(facts, choice), LockText(facts, plan.lock), KeyText(facts, plan.path),
		  StrategyText(facts, plan.path), CompareText(facts, plan.path), ScopeText(facts), GuardText(facts),
		  direct_text, IndexText(facts, plan.path), ForeignKeyText(facts, plan.path), TransformText(facts, plan),
		  facts.quarantine ? std::string("rejects: rows that do not fit are put aside, because on_reject is quarantine")
						   : std::string(),
		  is_new && !facts.analyze
			  ? Format("analyze: {} is not analyzed, because the option analyze is off", facts.name)
			  : std::string()}) {
		if (!text.empty()) {
			plan.told.push_back(text);
		}
	}
	if (plan.path != LoadPath::Remote && FindsByKeys(facts.mode) && !facts.created && facts.merge.key_index.empty()) {
		bool const of_current = facts.mode == LoadMode::History;
		plan.warnings.push_back(
			Format("{} has no unique index on ({}){}: {}. CREATE UNIQUE INDEX ON {} ({}){} makes it fast and safe",
				   facts.name, facts.merge.KeyList(), of_current ? " of current versions" : "",
				   Compares(facts.mode) ? "a key may come to be there twice, which fails the run"
										: "each run reads all of it, and another writer may insert the same key",
				   facts.name, facts.merge.KeyList(), of_current ? " WHERE " + facts.compare.current : ""));
	}
	return plan;
}

std::vector<std::string>
LoadPlan::Lines(const std::string &pieces) const
{
	std::vector<std::string> lines = told;
	if (streams > 1) {
		lines.push_back(Format("streams: {} streams over {}, because {}", streams, pieces, streams_reason));
	} else if (!streams_reason.empty()) {
		lines.push_back("streams: one stream, because " + streams_reason);
	}
	return lines;
}

} // namespace sluice
