#include "engine/source/row_store.hpp"

#include "engine/source/wire_reader.hpp"
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

RowStore::RowStore(WireSource &source, KnownRows *known)
	: row_type_(source.RowType()), rows_(pg::Call(tuplestore_begin_heap, false, false, work_mem))
{
	WireReader reader(source);
	reader.Recognize(known);
	while (Batch *batch = reader.Next()) {
		pg::Call(leaf::KeepRows, rows_, static_cast<const Batch *>(batch));
	}
	reader.Finish();
}

void
RowStore::Drop()
{
	pg::Call(tuplestore_end, rows_);
}

} // namespace sluice::engine
