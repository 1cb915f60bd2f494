#include "engine/load/routed_load.hpp"

#include "engine/target/partitions.hpp"
#include "engine/write/foreign_key_check.hpp"

namespace sluice::engine {

void
RoutedLoad::Open()
{
	if (replace_) {
		leaf::TreeMembers const *leaves = pg::Call(leaf::ListLeaves, destination_);
		for (int i = 0; i < leaves->count; ++i) {
			Relation const partition = pg::Call(table_open, leaves->relations[i], NoLock);
			bool const deleted = pg::Call(leaf::DeleteAllRows, partition, patience_.timeout / 1000);
			had_rows_ = had_rows_ || deleted;
			pg::Call(table_close, partition, NoLock);
		}
	}
	leaf::RouterOptions options{};
	options.find_again = traits_.foreign_keys->count > 0;
	router_ = pg::Call(leaf::OpenPartitionRouter, destination_, options);
}

void
RoutedLoad::Write(Batch *batch)
{
	pg::Call(leaf::RouteBatch, router_, batch);
}

LoadCounts
RoutedLoad::Finish()
{
	leaf::RoutedRows const *routed = pg::Call(leaf::ClosePartitionRouter, std::exchange(router_, nullptr));
	// A partition could get one of its own until the first row went there.
	leaf::ForeignKeyList *foreign_keys =
		replace_ ? traits_.foreign_keys : pg::Call(leaf::ForeignKeysOfTree, destination_);
	foreign_keys->may_wait = traits_.foreign_keys->may_wait;
	if (foreign_keys->count > 0) {
		PartitionRows rows(RelationGetRelid(destination_), false);
		for (int i = 0; i < routed->count; ++i) {
			const leaf::RoutedPartition &part = routed->partitions[i];
			rows.AddWritten(part.partition, part.first_block, routed->transaction);
		}
		CheckForeignKeys(*foreign_keys, traits_.owner, rows, patience_, journal_);
	}
	return {routed->rows};
}

} // namespace sluice::engine
