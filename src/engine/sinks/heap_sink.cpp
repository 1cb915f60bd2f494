#include "engine/sinks/heap_sink.hpp"

#include "engine/sinks/foreign_key_check.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

HeapSink::HeapSink(Relation destination, const leaf::TableTraits &traits, HeapSinkMode mode,
				   const LockPatience &patience, RunJournal &journal)
	: destination_(destination), traits_(traits), mode_(mode), patience_(patience), journal_(journal)
{}

void
HeapSink::Open()
{
	if (mode_ == HeapSinkMode::ReplaceInPlace) {
		pg::Call(leaf::DeleteAllRows, destination_);
	}
	int options = 0;
	if (mode_ == HeapSinkMode::Created) {
		options |= TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN;
	} else if (traits_.foreign_keys != nullptr && traits_.foreign_keys->count > 0) {
		// New rows must be found again by their place, so they do not fill holes.
		options |= TABLE_INSERT_SKIP_FSM;
	}
	writer_ = pg::Call(leaf::OpenHeapWriter, destination_, destination_, options);
}

void
HeapSink::Write(Batch *batch)
{
	pg::Call(leaf::WriteHeap, writer_, batch);
}

int64_t
HeapSink::Finish()
{
	int64_t const rows = writer_->rows;
	ForeignKeyScope scope;
	scope.table = RelationGetRelid(destination_);
	scope.owner = traits_.owner;
	scope.rows_in = pg::QualifiedName(scope.table);
	if (rows > 0) {
		scope.condition = Format("fk.ctid >= '({},0)'::pg_catalog.tid AND fk.xmin = '{}'::pg_catalog.xid",
								 writer_->first_block, writer_->transaction);
	}
	pg::Call(leaf::CloseHeapWriter, writer_);
	writer_ = nullptr;
	bool const may_break = rows > 0 || mode_ == HeapSinkMode::ReplaceInPlace;
	if (may_break && traits_.foreign_keys != nullptr) {
		CheckForeignKeys(*traits_.foreign_keys, scope, patience_, journal_);
	}
	if (mode_ == HeapSinkMode::Created) {
		pg::Call(leaf::SetSizes, scope.table, static_cast<double>(rows));
	}
	return rows;
}

} // namespace sluice::engine
