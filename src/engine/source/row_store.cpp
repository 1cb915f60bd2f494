#include "engine/source/row_store.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

void
KeepRows(Tuplestorestate *rows, const Batch *batch)
{
	for (int i = 0; i < batch->count; ++i) {
		tuplestore_puttupleslot(rows, batch->slots[i]);
	}
}

} // namespace

} // namespace leaf

RowStore::RowStore(TupleDesc row_type)
	: row_type_(row_type), rows_(pg::Call(tuplestore_begin_heap, false, false, work_mem))
{}

void
RowStore::Keep(const Batch *batch)
{
	pg::Call(leaf::KeepRows, rows_, batch);
	count_ += batch->count;
}

void
RowStore::KeepAll(RowReader &reader)
{
	while (const Batch *batch = reader.Next()) {
		Keep(batch);
	}
	reader.Finish();
}

void
RowStore::Drop()
{
	pg::Call(tuplestore_end, rows_);
}

} // namespace sluice::engine
