#include "engine/load/partition_replace_sink.hpp"

#include "core/duration.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "engine/target/partitions.hpp"
#include "engine/write/foreign_key_check.hpp"
#include "engine/write/index_twins.hpp"
#include "engine/write/statistics.hpp"
#include "engine/write/statistics_tree.hpp"
#include "engine/write/swap.hpp"
#include "pg/compat.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

void
PartitionReplaceSink::Open()
{
	leaf::RouterOptions options{};
	options.replace = true;
	options.direct = direct_;
	// As in replace_sink.cpp.
	options.frozen = mode_ == ReplaceSinkMode::Replace;
	router_ = pg::Call(leaf::OpenPartitionRouter, destination_, options);
}

void
PartitionReplaceSink::Write(Batch *batch)
{
	pg::Call(leaf::RouteBatch, router_, batch);
}

// The partitions whose files change: those that rows went to, and those that lose theirs.
void
PartitionReplaceSink::TakeParts(const leaf::RoutedRows &routed)
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
		if (mode_ == ReplaceSinkMode::Fill) {
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
	std::string const emptied =
		mode_ == ReplaceSinkMode::Replace
			? Format("; {} that had rows are emptied", parts_.size() - static_cast<size_t>(routed.count))
			: "";
	journal_.Info(Format("rows went to {} of {} partitions{}", routed.count, leaves->count, emptied));
}

void
PartitionReplaceSink::BuildIndexes()
{
	SteadyTime const begin = SteadyNow();
	int count = 0;
	for (Part &part : parts_) {
		Relation const relation = pg::Call(table_open, part.partition, NoLock);
		Relation const heap = pg::Call(table_open, part.heap, NoLock);
		pg::Call(leaf::SetSizes, part.heap, static_cast<double>(part.rows));
		part.indexes = BuildIndexTwins(relation, heap, patience_, journal_, false);
		count += part.indexes->count;
		pg::Call(leaf::CloseNewHeap, heap);
		pg::Call(table_close, relation, NoLock);
	}
	if (count > 0) {
		int64_t const taken = std::max<int64_t>((SteadyNow() - begin) / kMillisecond, 1) * kMillisecond;
		journal_.Info(Format("{} indexes of {} partitions built in {}", count, parts_.size(), FormatDuration(taken)));
	}
}

// CREATE STATISTICS can be filled after the swap only.
bool
PartitionReplaceSink::HasExtendedStatistics()
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

// Before anybody is locked out: each new heap, and for each partitioned table those of its partitions together.
void
PartitionReplaceSink::AnalyzeNewHeaps()
{
	if (HasExtendedStatistics()) {
		return;
	}
	journal_.EnterPhase("analyzing");
	pg::SqlOptions as_owner;
	as_owner.run_as = traits_.owner;
	for (const Part &part : parts_) {
		pg::Call(leaf::CopyStatisticsTargets, part.partition, part.heap, part.indexes);
		pg::Sql("ANALYZE " + pg::QualifiedName(part.heap), {}, as_owner);
	}
	leaf::TreeMembers const *branches = pg::Call(leaf::ListBranches, destination_);
	for (int i = 0; i < branches->count; ++i) {
		Oid const table = branches->relations[i];
		Oid const parent = pg::Call(leaf::MakeStatisticsParent, table);
		int64_t rows = 0;
		for (const Part &part : parts_) {
			if (pg::Call(leaf::IsWithin, part.partition, table)) {
				pg::Call(leaf::AddStatisticsChild, parent, part.heap, i + 1);
				rows += part.rows;
			}
		}
		pg::Call(CommandCounterIncrement);
		pg::Sql(Format("ANALYZE {}{}", pg::compat::kAnalyzeOnly, pg::QualifiedName(parent)), {}, as_owner);
		statistics_.push_back({table, parent, rows});
	}
	analyzed_ = true;
}

void
PartitionReplaceSink::CheckReferences()
{
	PartitionRows rows(RelationGetRelid(destination_), true);
	for (const Part &part : parts_) {
		if (part.rows > 0) {
			rows.Add(part.partition, part.heap, "");
		}
	}
	ForeignKeyScope scope;
	scope.table = RelationGetRelid(destination_);
	scope.owner = traits_.owner;
	scope.partitions = &rows;
	CheckForeignKeys(*traits_.foreign_keys, scope, patience_, journal_);
}

// Whether this session itself uses nothing of it, and has not written to what an append is to fill: a function that the
// source calls may. Throws where that is an error.
bool
PartitionReplaceSink::MayBeSwapped()
{
	auto const look = [&](Relation relation, const leaf::IndexTwinList *indexes) {
		if (mode_ == ReplaceSinkMode::Fill) {
			return pg::Call(leaf::IsUnused, relation, indexes) &&
				   (relation == destination_ || pg::Call(leaf::IsEmpty, relation));
		}
		pg::Call(leaf::CheckUnused, relation, indexes);
		return true;
	};
	leaf::IndexTwinList const none{};
	bool unused = look(destination_, &none);
	for (const Part &part : parts_) {
		Relation const relation = pg::Call(table_open, part.partition, NoLock);
		unused = look(relation, part.indexes) && unused;
		pg::Call(table_close, relation, NoLock);
	}
	return unused;
}

// The table first: who reads it through its name holds that lock, and waits for nothing else that is locked here.
bool
PartitionReplaceSink::LockForSwap()
{
	if (!MayBeSwapped()) {
		return false;
	}
	leaf::TreeMembers const *branches = pg::Call(leaf::ListBranches, destination_);
	std::vector<Oid> relations(branches->relations, branches->relations + branches->count);
	for (const Part &part : parts_) {
		relations.push_back(part.partition);
		for (int i = 0; i < part.indexes->count; ++i) {
			relations.push_back(part.indexes->twins[i].index);
		}
	}
	LockPatience patience = patience_;
	if (mode_ == ReplaceSinkMode::Fill) {
		// As in replace_sink.cpp.
		patience.attempts = 1;
		patience.timeout = std::min<int64_t>(patience.timeout, DeadlockTimeout * kMillisecond / 2);
	}
	std::optional<Error> busy;
	try {
		LockTables(relations, AccessExclusiveLock, patience, "swapping in its new rows", journal_);
	} catch (const Error &error) {
		if (error.State() != sqlstate::kLockNotAvailable) {
			throw;
		}
		busy = error;
	}
	if (busy && mode_ == ReplaceSinkMode::Replace) {
		for (const Part &part : parts_) {
			Relation const partition = pg::Call(table_open, part.partition, NoLock);
			CheckInPlace(partition, patience_, *busy);
			pg::Call(table_close, partition, NoLock);
		}
	}
	return !busy;
}

// As in replace_sink.cpp.
void
PartitionReplaceSink::LoadInPlace()
{
	journal_.EnterPhase("loading");
	std::string const name = pg::QualifiedName(RelationGetRelid(destination_));
	journal_.Warning(
		mode_ == ReplaceSinkMode::Fill
			? Format("the rows are appended to the partitions of {} with their indexes kept up row by row, "
					 "because the table is in use",
					 name)
			: Format("the old rows of the partitions of {} are deleted and the new ones inserted in place of a "
					 "swap, because the table is in use; the room of the old ones is free after the next "
					 "VACUUM",
					 name));
	for (const Part &part : parts_) {
		Relation const partition = pg::Call(table_open, part.partition, NoLock);
		PutInPlace(partition, part.heap, traits_, mode_, patience_, journal_);
		pg::Call(table_close, partition, NoLock);
	}
	for (const Gathered &gathered : statistics_) {
		pg::Call(leaf::DropHeap, gathered.parent);
	}
	pg::Call(table_close, std::exchange(destination_, nullptr), NoLock);
}

int64_t
PartitionReplaceSink::Finish()
{
	leaf::RoutedRows const *routed = pg::Call(leaf::ClosePartitionRouter, std::exchange(router_, nullptr));
	pg::Call(CommandCounterIncrement);
	TakeParts(*routed);
	BuildIndexes();
	if (analyze_ && routed->rows > 0) {
		AnalyzeNewHeaps();
	}
	CheckReferences();

	journal_.EnterPhase("swapping");
	if (!LockForSwap()) {
		analyzed_ = false;
		LoadInPlace();
		return routed->rows;
	}
	Oid const destination = RelationGetRelid(destination_);
	pg::Call(table_close, std::exchange(destination_, nullptr), NoLock);
	for (const Part &part : parts_) {
		pg::Call(leaf::SwapHeap, part.partition, part.heap, part.indexes, part.rows, analyzed_, true);
	}
	for (const Gathered &gathered : statistics_) {
		pg::Call(leaf::TakeStatisticsOf, gathered.table, gathered.parent, static_cast<double>(gathered.rows));
	}
	if (analyzed_) {
		journal_.Info(Format("{} and its partitions analyzed", pg::QualifiedName(destination)));
	}
	return routed->rows;
}

} // namespace sluice::engine
