#include "engine/write/index_twins.hpp"

#include "core/duration.hpp"
#include "core/steady_clock.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

std::string
Replace(std::string text, const std::string &from, const std::string &to)
{
	for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
		text.replace(at, from.size(), to);
	}
	return text;
}

struct Names {
	std::string table;
	std::string heap;
};

// What users know: nobody has ever heard of a twin or of the new heap.
Error
InUsersNames(const Error &error, const leaf::IndexTwin &twin, const Names &names)
{
	ErrorInfo info = error.Info();
	for (std::string *text : {&info.message, &info.detail, &info.context}) {
		*text = Replace(*text, Format("\"{}\"", twin.twin_name), Format("\"{}\"", twin.name));
		*text = Replace(*text, Format("\"{}\"", names.heap), Format("\"{}\"", names.table));
	}
	if (info.table_name == names.heap) {
		info.table_name = names.table;
	}
	if (info.constraint_name == twin.twin_name) {
		info.constraint_name = twin.name;
	}
	return Error(std::move(info));
}

} // namespace

leaf::IndexTwinList *
BuildIndexTwins(Relation table, Relation heap, const LockPatience &patience, RunJournal &journal, bool each_logged)
{
	leaf::IndexTwinList *list = pg::Call(leaf::ListIndexes, table);
	if (list->count == 0) {
		return list;
	}
	journal.EnterPhase(RunPhase::Indexing);
	Names const names{RelationGetRelationName(table), RelationGetRelationName(heap)};
	pg::Call(leaf::BeginIndexProgress, RelationGetRelid(table));
	for (int i = 0; i < list->count; ++i) {
		leaf::IndexTwin *twin = &list->twins[i];
		// ALTER INDEX takes no lock on the table.
		LockTable(twin->index, ShareUpdateExclusiveLock, patience, "building it anew", journal);
		pg::Call(leaf::ShowIndexProgress, twin->index);
		SteadyTime const begin = SteadyNow();
		try {
			pg::Call(leaf::BuildTwin, heap, twin);
		} catch (const Error &error) {
			throw InUsersNames(error, *twin, names);
		}
		if (!each_logged && !twin->was_invalid) {
			continue;
		}
		int64_t const taken = std::max<int64_t>((SteadyNow() - begin) / kMillisecond, 1) * kMillisecond;
		journal.Info(Format("index \"{}\" built in {}{}", twin->name, FormatDuration(taken),
							twin->was_invalid ? "; it was invalid and will be valid" : ""));
	}
	pg::Call(leaf::EndIndexProgress);
	return list;
}

} // namespace sluice::engine
