#include "engine/load/replace_sink.hpp"

#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "engine/write/foreign_key_check.hpp"
#include "engine/write/index_twins.hpp"
#include "engine/write/statistics.hpp"
#include "engine/write/swap.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

ReplaceSink::ReplaceSink(Relation destination, const leaf::TableTraits &traits, ReplaceSinkMode mode, bool direct,
						 const LockPatience &patience, RunJournal &journal, bool analyze)
	: destination_(destination), traits_(traits), mode_(mode), direct_(direct), patience_(patience), journal_(journal),
	  analyze_(analyze)
{}

void
ReplaceSink::Open()
{
	heap_ = pg::Call(leaf::MakeNewHeap, destination_);
	// Nobody sees the new heap before the commit, so its rows can be frozen: a reader with an older snapshot then sees
	// them instead of an empty table. A table that was empty is rightly so for that reader.
	bool const frozen = mode_ == ReplaceSinkMode::Replace;
	if (direct_) {
		writer_.OpenDirect(destination_, heap_, frozen, analyze_);
	} else {
		writer_.Open(destination_, heap_, TABLE_INSERT_SKIP_FSM | (frozen ? TABLE_INSERT_FROZEN : 0));
	}
}

void
ReplaceSink::Write(Batch *batch)
{
	writer_.Write(batch);
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
	if (writer_.StoreStatistics(heap)) {
		return true;
	}
	pg::Call(leaf::CopyStatisticsTargets, destination, heap, indexes);
	pg::SqlOptions as_owner;
	as_owner.run_as = traits_.owner;
	pg::Sql("ANALYZE " + pg::QualifiedName(heap), {}, as_owner);
	return true;
}

bool
ReplaceSink::LockForSwap(const leaf::IndexTwinList *indexes)
{
	LockPatience patience = patience_;
	if (mode_ == ReplaceSinkMode::Replace) {
		pg::Call(leaf::CheckUnused, destination_, indexes);
	} else if (!pg::Call(leaf::IsUnused, destination_, indexes) || !pg::Call(leaf::IsEmpty, destination_)) {
		// Also where a function that the source calls wrote to it.
		return false;
	} else {
		// There is another way that costs little more.
		patience.attempts = 1;
		patience.timeout = std::min<int64_t>(patience.timeout, DeadlockTimeout * kMillisecond / 2);
	}
	std::optional<Error> busy;
	try {
		LockTable(RelationGetRelid(destination_), AccessExclusiveLock, patience, "swapping in its new rows", journal_);
		for (int i = 0; i < indexes->count; ++i) {
			LockTable(indexes->twins[i].index, AccessExclusiveLock, patience, "swapping in its new file", journal_);
		}
	} catch (const Error &error) {
		if (error.State() != sqlstate::kLockNotAvailable) {
			throw;
		}
		busy = error;
	}
	if (busy && mode_ == ReplaceSinkMode::Replace) {
		CheckInPlace(destination_, patience_, *busy);
	}
	return !busy;
}

// An append never fails because somebody reads the table; a replace does where the option says so.
void
ReplaceSink::LoadInPlace(Oid heap)
{
	journal_.EnterPhase("loading");
	std::string const name = pg::QualifiedName(RelationGetRelid(destination_));
	journal_.Warning(
		mode_ == ReplaceSinkMode::Fill
			? Format("the rows are appended to {} with its indexes kept up row by row, because the table is "
					 "in use",
					 name)
			: Format("the old rows of {} are deleted and the new ones inserted in place of a swap, because the "
					 "table is in use; the room of the old ones is free after the next VACUUM",
					 name));
	PutInPlace(destination_, heap, traits_, mode_, patience_, journal_);
	pg::Call(table_close, destination_, NoLock);
	destination_ = nullptr;
}

int64_t
ReplaceSink::Finish()
{
	int64_t const rows = writer_.Rows();
	writer_.Close();
	return TakeNewHeap(rows, true);
}

int64_t
ReplaceSink::FinishWith(Relation heap, int64_t rows)
{
	heap_ = heap;
	return TakeNewHeap(rows, false);
}

int64_t
ReplaceSink::TakeNewHeap(int64_t rows, bool is_new)
{
	Oid const destination = RelationGetRelid(destination_);
	Oid const heap = RelationGetRelid(heap_);
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
	if (!LockForSwap(indexes)) {
		analyzed_ = false;
		LoadInPlace(heap);
		return rows;
	}
	pg::Call(table_close, destination_, NoLock);
	destination_ = nullptr;
	pg::Call(leaf::SwapHeap, destination, heap, indexes, rows, analyzed_, is_new);
	if (analyzed_) {
		journal_.Info(Format("{} analyzed", pg::QualifiedName(destination)));
	}
	return rows;
}

} // namespace sluice::engine
