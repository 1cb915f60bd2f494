#include "engine/load/in_place.hpp"

#include "engine/load/append_load.hpp"
#include "engine/write/heap_reader.hpp"
#include "engine/write/swap.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

void
CheckInPlace(Relation table, const LockPatience &patience, const Error &failure)
{
	if (!patience.in_place) {
		throw Error(failure);
	}
	// Such a key may be broken for a while row by row, which is checked by one queued event each.
	if (pg::Call(leaf::HasDeferrableUnique, table)) {
		throw Error(failure.State(), failure.what(), "Run the pipeline when the table is less in use.",
					Format("The new rows cannot be put into {} in place of a swap, because it has a deferrable unique "
						   "constraint.",
						   pg::QualifiedName(RelationGetRelid(table))));
	}
}

void
PutInPlace(Relation table, Oid heap, const leaf::TableTraits &traits, SwapMode mode, const LockPatience &patience,
		   RunJournal &journal)
{
	leaf::TableTraits checked = traits;
	checked.foreign_keys = nullptr;
	AppendLoad load(table, checked, mode == SwapMode::Replace ? AppendMode::ReplaceInPlace : AppendMode::Append, false,
					patience, journal, false);
	load.Open();
	Relation const source = pg::Call(table_open, heap, NoLock);
	leaf::HeapReader *reader = pg::Call(leaf::OpenHeapReader, source);
	while (Batch *batch = pg::Call(leaf::ReadHeap, reader)) {
		load.Write(batch);
	}
	pg::Call(leaf::CloseHeapReader, reader);
	pg::Call(table_close, source, NoLock);
	(void)load.Finish();
	pg::Call(leaf::DropHeap, heap);
}

} // namespace sluice::engine
