#include "engine/load/swap_load.hpp"

#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "engine/target/describe_table.hpp"
#include "engine/target/partitions.hpp"
#include "engine/write/foreign_key_check.hpp"
#include "engine/write/index_twins.hpp"
#include "engine/write/statistics.hpp"
#include "engine/write/statistics_tree.hpp"
#include "engine/write/swap.hpp"
#include "pg/compat.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

SwapLoad::SwapLoad(Relation destination, const leaf::TableTraits &traits, SwapMode mode, bool direct,
				   const LockPatience &patience, RunJournal &journal, bool analyze)
	: destination_(destination), traits_(traits), mode_(mode), direct_(direct), patience_(patience), journal_(journal),
	  analyze_(analyze)
{}

// The session may use a table once only at the moment of the swap.
Relation
SwapLoad::OpenTable(const Part &part) const
{
	return IsPartitioned() ? pg::Call(table_open, part.table, NoLock) : destination_;
}

void
SwapLoad::CloseTable(const Part &part, Relation table) const
{
	if (part.table != RelationGetRelid(destination_)) {
		pg::Call(table_close, table, NoLock);
	}
}

void
SwapLoad::Open()
{
	// Nobody sees a new heap before the commit, so its rows can be frozen: a reader with an older snapshot then sees
	// them instead of an empty table. A table that was empty is rightly so for that reader.
	bool const frozen = mode_ == SwapMode::Replace;
	if (IsPartitioned()) {
		leaf::RouterOptions options{};
		options.replace = true;
		options.direct = direct_;
		options.frozen = frozen;
		router_ = pg::Call(leaf::OpenPartitionRouter, destination_, options);
		return;
	}
	heap_ = pg::Call(leaf::MakeNewHeap, destination_);
	if (direct_) {
		writer_.OpenDirect(destination_, heap_, frozen, analyze_);
	} else {
		writer_.Open(destination_, heap_, TABLE_INSERT_SKIP_FSM | (frozen ? TABLE_INSERT_FROZEN : 0));
	}
}

void
SwapLoad::Write(Batch *batch)
{
	if (router_ != nullptr) {
		pg::Call(leaf::RouteBatch, router_, batch);
	} else {
		writer_.Write(batch);
	}
}

bool
SwapLoad::TakesRowsAway()
{
	if (mode_ != SwapMode::Replace) {
		return false;
	}
	leaf::TreeMembers const *tables = pg::Call(leaf::ListLeaves, destination_);
	for (int i = 0; i < tables->count; ++i) {
		Relation const table = pg::Call(table_open, tables->relations[i], NoLock);
		bool const found = pg::Call(leaf::HasRows, table);
		pg::Call(table_close, table, NoLock);
		if (found) {
			return true;
		}
	}
	return false;
}

// The partitions whose files change: those that rows went to, and those that lose theirs.
void
SwapLoad::TakeRouted(const leaf::RoutedRows &routed)
{
	std::map<Oid, const leaf::RoutedPartition *> written;
	for (int i = 0; i < routed.count; ++i) {
		written[routed.partitions[i].partition] = &routed.partitions[i];
	}
	leaf::TreeMembers const *leaves = pg::Call(leaf::ListLeaves, destination_);
	for (int i = 0; i < leaves->count; ++i) {
		Oid const partition = leaves->relations[i];
		if (auto const found = written.find(partition); found != written.end()) {
			parts_.push_back({partition, found->second->heap, found->second->rows, nullptr});
			written.erase(found);
			continue;
		}
		// An append takes no rows away.
		if (mode_ == SwapMode::Fill) {
			continue;
		}
		Relation const relation = pg::Call(table_open, partition, NoLock);
		if (!pg::Call(leaf::IsEmpty, relation)) {
			Relation const heap = pg::Call(leaf::MakeNewHeap, relation);
			parts_.push_back({partition, RelationGetRelid(heap), 0, nullptr});
			pg::Call(table_close, heap, NoLock);
		}
		pg::Call(table_close, relation, NoLock);
	}
	if (!written.empty()) {
		throw Error(
			sqlstate::kObjectNotInPrerequisiteState,
			Format("partition {} was detached while rows were loaded", pg::QualifiedName(written.begin()->first)),
			"Run the pipeline again.");
	}
	std::string const emptied = mode_ == SwapMode::Replace ? Format("; {} that had rows are emptied",
																	parts_.size() - static_cast<size_t>(routed.count))
														   : "";
	journal_.Info(Format("rows went to {} of {} partitions{}", routed.count, leaves->count, emptied));
}

void
SwapLoad::BuildIndexes()
{
	SteadyTime const begin = SteadyNow();
	int count = 0;
	for (Part &part : parts_) {
		Relation const table = OpenTable(part);
		Relation const heap = pg::Call(table_open, part.heap, NoLock);
		pg::Call(leaf::SetSizes, part.heap, static_cast<double>(part.rows));
		part.indexes = BuildIndexTwins(table, heap, patience_, journal_, !IsPartitioned());
		count += part.indexes->count;
		pg::Call(leaf::CloseNewHeap, heap);
		CloseTable(part, table);
	}
	if (IsPartitioned() && count > 0) {
		int64_t const taken = std::max<int64_t>((SteadyNow() - begin) / kMillisecond, 1) * kMillisecond;
		journal_.Info(Format("{} indexes of {} partitions built in {}", count, parts_.size(), FormatDuration(taken)));
	}
}

// CREATE STATISTICS can be filled after the swap only.
bool
SwapLoad::HasExtendedStatistics()
{
	leaf::TreeMembers const *members = pg::Call(leaf::ListTree, RelationGetRelid(destination_));
	for (int i = 0; i < members->count; ++i) {
		Relation const relation = pg::Call(table_open, members->relations[i], NoLock);
		bool const found = pg::Call(leaf::HasExtendedStatistics, relation);
		pg::Call(table_close, relation, NoLock);
		if (found) {
			return true;
		}
	}
	return false;
}

// Before anybody is locked out.
void
SwapLoad::AnalyzeHeaps()
{
	if (HasExtendedStatistics()) {
		return;
	}
	journal_.EnterPhase(RunPhase::Analyzing);
	pg::SqlOptions as_owner;
	as_owner.run_as = traits_.owner;
	for (const Part &part : parts_) {
		if (IsPartitioned() || !writer_.StoreStatistics(part.heap)) {
			pg::Call(leaf::CopyStatisticsTargets, part.table, part.heap, part.indexes);
			pg::Sql("ANALYZE " + pg::QualifiedName(part.heap), {}, as_owner);
		}
	}
	if (IsPartitioned()) {
		AnalyzeBranches();
	}
	analyzed_ = true;
}

// For each partitioned table its new heaps together.
void
SwapLoad::AnalyzeBranches()
{
	pg::SqlOptions as_owner;
	as_owner.run_as = traits_.owner;
	leaf::TreeMembers const *branches = pg::Call(leaf::ListBranches, destination_);
	for (int i = 0; i < branches->count; ++i) {
		Oid const table = branches->relations[i];
		Oid const parent = pg::Call(leaf::MakeStatisticsParent, table);
		int64_t rows = 0;
		for (const Part &part : parts_) {
			if (pg::Call(leaf::IsWithin, part.table, table)) {
				pg::Call(leaf::AddStatisticsChild, parent, part.heap, i + 1);
				rows += part.rows;
			}
		}
		pg::Call(CommandCounterIncrement);
		pg::Sql(Format("ANALYZE {}{}", pg::compat::kAnalyzeOnly, pg::QualifiedName(parent)), {}, as_owner);
		statistics_.push_back({table, parent, rows});
	}
}

// After the indexes, so that the other tables are not locked while they are built.
void
SwapLoad::CheckReferences()
{
	if (traits_.foreign_keys == nullptr) {
		return;
	}
	PartitionRows rows(RelationGetRelid(destination_), true);
	for (const Part &part : parts_) {
		if (part.rows > 0) {
			rows.Add(part.table, part.heap);
		}
	}
	CheckForeignKeys(*traits_.foreign_keys, traits_.owner, rows, patience_, journal_);
}

// Whether this session itself uses nothing of it, and has not written to what an append is to fill: a function that the
// source calls may. Throws where that is an error.
bool
SwapLoad::MayBeSwapped()
{
	auto const is_unused = [&](Relation table, const leaf::IndexTwinList *indexes) {
		if (mode_ == SwapMode::Fill) {
			return pg::Call(leaf::IsUnused, table, indexes);
		}
		pg::Call(leaf::CheckUnused, table, indexes);
		return true;
	};
	leaf::IndexTwinList const none{};
	bool unused = !IsPartitioned() || is_unused(destination_, &none);
	for (const Part &part : parts_) {
		Relation const table = OpenTable(part);
		unused =
			is_unused(table, part.indexes) && (mode_ == SwapMode::Replace || pg::Call(leaf::IsEmpty, table)) && unused;
		CloseTable(part, table);
	}
	return unused;
}

// A partitioned table first: who reads it through its name holds that lock, and waits for nothing else that is locked
// here. Of a table the lock is kept while its indexes are waited for.
void
SwapLoad::LockParts(const LockPatience &patience)
{
	std::vector<Oid> relations;
	if (IsPartitioned()) {
		leaf::TreeMembers const *branches = pg::Call(leaf::ListBranches, destination_);
		relations.assign(branches->relations, branches->relations + branches->count);
	}
	for (const Part &part : parts_) {
		relations.push_back(part.table);
		for (int i = 0; i < part.indexes->count; ++i) {
			relations.push_back(part.indexes->twins[i].index);
		}
	}
	if (IsPartitioned()) {
		LockTables(relations, AccessExclusiveLock, patience, "swapping in its new rows", journal_);
		return;
	}
	for (Oid const relation : relations) {
		LockTable(relation, AccessExclusiveLock, patience,
				  relation == relations.front() ? "swapping in its new rows" : "swapping in its new file", journal_);
	}
}

bool
SwapLoad::LockForSwap()
{
	if (!MayBeSwapped()) {
		return false;
	}
	LockPatience patience = patience_;
	if (mode_ == SwapMode::Fill) {
		// There is another way that costs little more.
		patience.attempts = 1;
		patience.timeout = std::min<int64_t>(patience.timeout, DeadlockTimeout * kMillisecond / 2);
	}
	std::optional<Error> busy;
	try {
		LockParts(patience);
	} catch (const Error &error) {
		if (error.State() != sqlstate::kLockNotAvailable) {
			throw;
		}
		busy = error;
	}
	if (busy && mode_ == SwapMode::Replace) {
		for (const Part &part : parts_) {
			Relation const table = OpenTable(part);
			CheckInPlace(table, patience_, *busy);
			CloseTable(part, table);
		}
	}
	return !busy;
}

// An append never fails because somebody reads the table; a replace does where the option says so.
void
SwapLoad::LoadInPlace()
{
	journal_.EnterPhase(RunPhase::Loading);
	std::string const name = pg::QualifiedName(RelationGetRelid(destination_));
	std::string const of = IsPartitioned() ? "the partitions of " : "";
	journal_.Warning(
		mode_ == SwapMode::Fill
			? Format("the rows are appended to {}{} with {} indexes kept up row by row, because the table is in use",
					 of, name, IsPartitioned() ? "their" : "its")
			: Format("the old rows of {}{} are deleted and the new ones inserted in place of a swap, because the "
					 "table is in use; the room of the old ones is free after the next VACUUM",
					 of, name));
	for (const Part &part : parts_) {
		Relation const table = OpenTable(part);
		PutInPlace(table, part.heap, traits_, mode_, patience_, journal_);
		CloseTable(part, table);
	}
	for (const Gathered &gathered : statistics_) {
		pg::Call(leaf::DropHeap, gathered.parent);
	}
	pg::Call(table_close, std::exchange(destination_, nullptr), NoLock);
}

LoadCounts
SwapLoad::Finish()
{
	if (router_ != nullptr) {
		leaf::RoutedRows const *routed = pg::Call(leaf::ClosePartitionRouter, std::exchange(router_, nullptr));
		pg::Call(CommandCounterIncrement);
		TakeRouted(*routed);
		return PutIntoPlace(routed->rows, true);
	}
	int64_t const rows = writer_.Rows();
	writer_.Close();
	pg::Call(CommandCounterIncrement);
	parts_.push_back({RelationGetRelid(destination_), RelationGetRelid(heap_), rows});
	pg::Call(table_close, std::exchange(heap_, nullptr), NoLock);
	return PutIntoPlace(rows, true);
}

LoadCounts
SwapLoad::FinishWith(Relation heap, int64_t rows)
{
	pg::Call(CommandCounterIncrement);
	parts_.push_back({RelationGetRelid(destination_), RelationGetRelid(heap), rows});
	pg::Call(table_close, heap, NoLock);
	return PutIntoPlace(rows, false);
}

LoadCounts
SwapLoad::PutIntoPlace(int64_t rows, bool is_new)
{
	BuildIndexes();
	// Without rows only ANALYZE itself says so of a partitioned table.
	if (analyze_ && (rows > 0 || !IsPartitioned())) {
		AnalyzeHeaps();
	}
	CheckReferences();

	journal_.EnterPhase(RunPhase::Swapping);
	if (!LockForSwap()) {
		analyzed_ = false;
		LoadInPlace();
		return {rows};
	}
	Oid const destination = RelationGetRelid(destination_);
	pg::Call(table_close, std::exchange(destination_, nullptr), NoLock);
	for (const Part &part : parts_) {
		pg::Call(leaf::SwapHeap, part.table, part.heap, part.indexes, part.rows, analyzed_, is_new);
	}
	for (const Gathered &gathered : statistics_) {
		pg::Call(leaf::TakeStatisticsOf, gathered.table, gathered.parent, static_cast<double>(gathered.rows));
	}
	if (analyzed_) {
		journal_.Info(
			Format("{}{} analyzed", pg::QualifiedName(destination), IsPartitioned() ? " and its partitions" : ""));
	}
	return {rows};
}

} // namespace sluice::engine
