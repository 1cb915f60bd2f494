#include "engine/sinks/replace_sink.hpp"

#include "engine/sinks/foreign_key_check.hpp"
#include "engine/sinks/index_twins.hpp"
#include "engine/sinks/statistics_leaf.hpp"
#include "engine/sinks/swap_leaf.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

ReplaceSink::ReplaceSink(Relation destination, const leaf::TableTraits &traits, const LockPatience &patience,
						 RunJournal &journal, bool analyze)
	: destination_(destination), traits_(traits), patience_(patience), journal_(journal), analyze_(analyze)
{}

void
ReplaceSink::Open()
{
	heap_ = pg::Call(leaf::MakeNewHeap, destination_);
	// Nobody sees the new heap before the commit: its rows can be frozen from the start.
	writer_ = pg::Call(leaf::OpenHeapWriter, destination_, heap_, TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN);
}

void
ReplaceSink::Write(Batch *batch)
{
	pg::Call(leaf::WriteHeap, writer_, batch);
}

// Before anybody is locked out, where that can be.
bool
ReplaceSink::AnalyzeNewHeap(Oid heap, const leaf::IndexTwinList *indexes)
{
	Oid const destination = RelationGetRelid(destination_);
	if (pg::Call(leaf::HasExtendedStatistics, destination_)) {
		return false;
	}
	journal_.EnterPhase("analyzing");
	pg::Call(leaf::CopyStatisticsTargets, destination, heap, indexes);
	pg::SqlOptions as_owner;
	as_owner.run_as = traits_.owner;
	pg::Sql("ANALYZE " + pg::QualifiedName(heap), {}, as_owner);
	journal_.Info(Format("{} analyzed", pg::QualifiedName(destination)));
	return true;
}

int64_t
ReplaceSink::Finish()
{
	int64_t const rows = writer_->rows;
	Oid const destination = RelationGetRelid(destination_);
	Oid const heap = RelationGetRelid(heap_);
	pg::Call(leaf::CloseHeapWriter, writer_);
	writer_ = nullptr;
	pg::Call(CommandCounterIncrement);
	pg::Call(leaf::SetSizes, heap, static_cast<double>(rows));
	leaf::IndexTwinList *indexes = BuildIndexTwins(destination_, heap_, patience_, journal_);
	pg::Call(leaf::CloseNewHeap, heap_);
	heap_ = nullptr;
	analyzed_ = analyze_ && AnalyzeNewHeap(heap, indexes);

	// After the indexes, so that the other tables are not locked while they are built.
	if (traits_.foreign_keys != nullptr) {
		ForeignKeyScope scope;
		scope.table = destination;
		scope.owner = traits_.owner;
		scope.rows_in = pg::QualifiedName(heap);
		CheckForeignKeys(*traits_.foreign_keys, scope, patience_, journal_);
	}

	journal_.EnterPhase("swapping");
	pg::Call(leaf::CheckUnused, destination_, indexes);
	LockTable(destination, AccessExclusiveLock, patience_, "swapping in its new rows", journal_);
	for (int i = 0; i < indexes->count; ++i) {
		LockTable(indexes->twins[i].index, AccessExclusiveLock, patience_, "swapping in its new file", journal_);
	}
	pg::Call(table_close, destination_, NoLock);
	destination_ = nullptr;
	pg::Call(leaf::SwapHeap, destination, heap, indexes, rows, analyzed_);
	return rows;
}

} // namespace sluice::engine
