#include "engine/load/staged_rows.hpp"

#include "engine/write/heap_writer.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

void
StagedRows::Fill(RowReader &stream, const std::string &columns, const std::function<void(const Batch &)> &on_batch)
{
	pg::Call(pg::leaf::RequireTemporaryRight);
	// The session may have tables of its own, when a run is made by CALL.
	std::string name = "pg_sluice_staged_rows";
	for (int i = 2; OidIsValid(pg::Call(pg::leaf::FindTemporary, name.c_str())); ++i) {
		name = Format("pg_sluice_staged_rows_{}", i);
	}
	name_ = "pg_temp." + name;
	pg::Sql("CREATE TEMPORARY TABLE " + name_ + " " + columns + " ON COMMIT DROP");
	Relation const table = pg::Call(table_open, pg::Call(pg::leaf::FindTemporary, name.c_str()), NoLock);
	leaf::HeapWriter *writer =
		pg::Call(leaf::OpenHeapWriter, table, table, TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN);
	while (Batch *batch = stream.Next()) {
		pg::Call(leaf::WriteHeap, writer, batch);
		on_batch(*batch);
	}
	rows_ = writer->checks.rows;
	pg::Call(leaf::CloseHeapWriter, writer);
	pg::Call(table_close, table, NoLock);
	pg::Call(CommandCounterIncrement);
	stream.Finish();
}

void
StagedRows::Drop()
{
	if (!name_.empty()) {
		pg::Sql("DROP TABLE " + name_);
		name_.clear();
	}
}

} // namespace sluice::engine
