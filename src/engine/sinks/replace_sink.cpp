#include "engine/sinks/replace_sink.hpp"

#include "engine/sinks/foreign_key_check.hpp"
#include "engine/sinks/swap_leaf.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

ReplaceSink::ReplaceSink(Relation destination, const leaf::TableTraits &traits, bool direct,
						 const LockPatience &patience, RunJournal &journal)
	: destination_(destination), traits_(traits), direct_(direct), patience_(patience), journal_(journal)
{}

void
ReplaceSink::Open()
{
	heap_ = pg::Call(leaf::MakeNewHeap, destination_);
	// Nobody sees the new heap before the commit: its rows can be frozen from the start.
	if (direct_) {
		writer_.OpenDirect(destination_, heap_);
	} else {
		writer_.Open(destination_, heap_, TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN);
	}
}

void
ReplaceSink::Write(Batch *batch)
{
	writer_.Write(batch);
}

int64_t
ReplaceSink::Finish()
{
	int64_t const rows = writer_.Rows();
	Oid const destination = RelationGetRelid(destination_);
	Oid const heap = RelationGetRelid(heap_);
	std::string const name = pg::QualifiedName(destination);
	writer_.Close();
	pg::Call(leaf::CloseNewHeap, heap_);
	heap_ = nullptr;
	pg::Call(leaf::SetSizes, heap, static_cast<double>(rows));

	if (traits_.foreign_keys != nullptr) {
		ForeignKeyScope scope;
		scope.table = destination;
		scope.owner = traits_.owner;
		scope.rows_in = pg::QualifiedName(heap);
		CheckForeignKeys(*traits_.foreign_keys, scope, patience_, journal_);
	}

	journal_.EnterPhase("swapping");
	pg::Call(leaf::CheckUnused, destination_);
	LockTable(destination, AccessExclusiveLock, patience_, "swapping in its new rows", journal_);
	if (traits_.index_count > 0) {
		journal_.EnterPhase("indexing");
		journal_.Info(Format("{} of {} rebuilt; its readers wait until this run has ended",
							 traits_.index_count == 1 ? "1 index" : Format("{} indexes", traits_.index_count), name));
	}
	pg::Call(table_close, destination_, NoLock);
	destination_ = nullptr;
	pg::Call(leaf::SwapHeap, destination, heap, traits_.persistence, rows);
	return rows;
}

} // namespace sluice::engine
