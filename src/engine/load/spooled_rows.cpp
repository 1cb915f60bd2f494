#include "engine/load/spooled_rows.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

TupleDesc
WithPosition(TupleDesc row_type)
{
	TupleDesc const kept = CreateTemplateTupleDesc(row_type->natts + 1);
	for (int i = 1; i <= row_type->natts; ++i) {
		TupleDescCopyEntry(kept, static_cast<AttrNumber>(i), row_type, static_cast<AttrNumber>(i));
	}
	TupleDescInitEntry(kept, static_cast<AttrNumber>(kept->natts), "position", INT8OID, -1, 0);
	return kept;
}

TupleTableSlot *
MakeSlot(TupleDesc row_type)
{
	return MakeSingleTupleTableSlot(row_type, &TTSOpsMinimalTuple);
}

void
KeepRows(Tuplestorestate *kept, TupleDesc kept_type, const Batch *rows, const Batch *sources)
{
	int const columns = kept_type->natts - 1;
	auto *values = static_cast<Datum *>(palloc(sizeof(Datum) * kept_type->natts));
	auto *nulls = static_cast<bool *>(palloc0(sizeof(bool) * kept_type->natts));
	int source = 0;
	for (int i = 0; i < rows->count; ++i) {
		int64 const position = PositionOf(rows->slots[i]);
		while (PositionOf(sources->slots[source]) != position) {
			++source;
		}
		memcpy(values, sources->slots[source]->tts_values, sizeof(Datum) * columns);
		memcpy(nulls, sources->slots[source]->tts_isnull, sizeof(bool) * columns);
		values[columns] = Int64GetDatum(position);
		tuplestore_putvalues(kept, kept_type, values, nulls);
	}
	pfree(values);
	pfree(nulls);
}

void
FetchRow(Tuplestorestate *kept, int64 skipped, TupleTableSlot *slot)
{
	if ((skipped > 0 && !tuplestore_skiptuples(kept, skipped, true)) ||
		!tuplestore_gettupleslot(kept, true, false, slot)) {
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("a row that was kept is not there any more")));
	}
	slot_getallattrs(slot);
}

} // namespace

} // namespace leaf

SpooledRows::SpooledRows(TupleDesc row_type)
	: row_type_(pg::Call(CreateTupleDescCopy, row_type)), kept_type_(pg::Call(leaf::WithPosition, row_type)),
	  rows_(pg::Call(tuplestore_begin_heap, false, false, work_mem)), slot_(pg::Call(leaf::MakeSlot, kept_type_))
{}

void
SpooledRows::Keep(const Batch *rows, const Batch *sources)
{
	pg::Call(leaf::KeepRows, rows_, kept_type_, rows, sources);
}

const TupleTableSlot *
SpooledRows::Find(int64_t row)
{
	pg::Call(leaf::FetchRow, rows_, row - next_, slot_);
	next_ = row + 1;
	return slot_;
}

int64_t
SpooledRows::Position() const
{
	return DatumGetInt64(slot_->tts_values[kept_type_->natts - 1]);
}

void
SpooledRows::Drop()
{
	pg::Call(ExecDropSingleTupleTableSlot, slot_);
	pg::Call(tuplestore_end, rows_);
}

} // namespace sluice::engine
