#include "core/load_words.hpp"

#include "core/format.hpp"

namespace sluice {

namespace {

std::string
PathText(const LoadFacts &facts, const LoadPlan &plan, const std::string &reason)
{
	const char *what = "";
	switch (plan.path) {
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
		what =
			plan.walks
				? "rows are looked up in {} as they come, and those that are new or differ are staged and merged by SQL"
			: facts.remote ? "rows are sent to a temporary table there and merged into {} by SQL"
						   : "rows are staged in a temporary table and merged into {} by SQL";
		break;
	case LoadPath::Mirror:
	case LoadPath::History:
		what = plan.walks
				   ? "rows are compared with those of {} as they come, and those that are new or differ are staged"
			   : facts.remote ? "rows are sent to a temporary table there and compared with those of {} by SQL"
							  : "rows are staged in a temporary table and compared with those of {} by SQL";
		break;
	case LoadPath::Remote:
		what = "rows are sent to {} by COPY";
		break;
	}
	return "path: " + FormatRuntime(what, facts.name) + ", because " + reason;
}

std::string
DirectText(LoadPath path, const std::string &why_not)
{
	if (!WritesNewFile(path)) {
		return {};
	}
	return why_not.empty() ? "direct load: pages are built in memory and written once, because the file is new"
						   : "direct load is not used, because " + why_not;
}

std::string
IndexText(const LoadFacts &facts, LoadPath path, const std::string &why_not_filled)
{
	if (facts.index_count == 0) {
		return {};
	}
	if (IsSwap(path)) {
		return Format("indexes: {} built on the new file before the swap", facts.index_count);
	}
	if (IsAppend(path) && facts.empty) {
		return Format("indexes: {} kept up row by row, because {}", facts.index_count, why_not_filled);
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
KeyText(const LoadFacts &facts)
{
	if (!FindsByKeys(facts.mode)) {
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
	if (facts.mode == LoadMode::Replace && !facts.created) {
		return Format("guards: {}", compare.may_be_empty
										? "a source that gives no row is allowed, because on_empty is load"
										: "the run fails where the source gives no row while there are some");
	}
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
RejectText(const LoadFacts &facts, LoadPath path)
{
	if (!facts.quarantine) {
		return {};
	}
	const char *how =
		path == LoadPath::Sql
			? "; rows are staged and inserted by one statement, and where that fails the rows to blame are "
			  "looked for in ever smaller parts"
		: path == LoadPath::Remote
			? "; rows are kept here until the server there has taken all of them, and where it refuses some they are "
			  "looked for in ever smaller parts"
		: facts.foreign_keys.empty() ? ""
									 : "; what foreign keys name is looked up batch by batch before it is written";
	return Format("rejects: rows that do not fit are put aside, because on_reject is quarantine{}", how);
}

std::string
TransformText(const LoadFacts &facts, const LoadPlan &plan)
{
	if (!facts.over_wire) {
		return {};
	}
	if (!plan.staged) {
		return plan.path == LoadPath::Sql ? "transform: row by row, before rows are staged"
										  : "transform: row by row, without staging";
	}
	return "transform: by SQL over the staged rows, because " +
		   (facts.query_needs_sql.empty() ? "only SQL inserts them" : facts.query_needs_sql);
}

} // namespace

void
TellPlan(const LoadFacts &facts, const PlanReasons &reasons, LoadPlan *plan)
{
	for (const std::string &text :
		 {PathText(facts, *plan, reasons.path), LockText(facts, plan->lock), KeyText(facts),
		  StrategyText(facts, plan->path), CompareText(facts, plan->path), ScopeText(facts), GuardText(facts),
		  DirectText(plan->path, reasons.not_direct), IndexText(facts, plan->path, reasons.not_filled),
		  ForeignKeyText(facts, plan->path), TransformText(facts, *plan), RejectText(facts, plan->path),
		  reasons.gets_statistics && !facts.analyze
			  ? Format("analyze: {} is not analyzed, because the option analyze is off", facts.name)
			  : std::string()}) {
		if (!text.empty()) {
			plan->told.push_back(text);
		}
	}
	if (FindsByKeys(facts.mode) && !facts.created && facts.merge.key_index.empty()) {
		bool const of_current = facts.mode == LoadMode::History;
		plan->warnings.push_back(
			Format("{} has no unique index on ({}){}: {}. CREATE UNIQUE INDEX ON {} ({}){} makes it fast and safe",
				   facts.name, facts.merge.KeyList(), of_current ? " of current versions" : "",
				   Compares(facts.mode) ? "a key may come to be there twice, which fails the run"
										: "each run reads all of it, and another writer may insert the same key",
				   facts.table.empty() ? facts.name : facts.table, facts.merge.KeyList(),
				   of_current ? " WHERE " + facts.compare.current : ""));
	}
}

} // namespace sluice
