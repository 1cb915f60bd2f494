#include "engine/source/sifted_reader.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

TupleDesc
FirstColumns(TupleDesc row_type, int count)
{
	TupleDesc const first = CreateTemplateTupleDesc(count);
	for (int i = 0; i < count; ++i) {
		TupleDescCopyEntry(first, static_cast<AttrNumber>(i + 1), row_type, static_cast<AttrNumber>(i + 1));
	}
	return first;
}

// The values stay in the memory of the wide batch.
void
Narrow(const Batch *wide, Batch *batch)
{
	ResetBatch(batch);
	int const natts = batch->row_type->natts;
	for (int i = 0; i < wide->count; ++i) {
		TupleTableSlot *slot = batch->slots[i];
		ExecClearTuple(slot);
		memcpy(slot->tts_values, wide->slots[i]->tts_values, sizeof(Datum) * natts);
		memcpy(slot->tts_isnull, wide->slots[i]->tts_isnull, sizeof(bool) * natts);
		ExecStoreVirtualTuple(slot);
		batch->count++;
	}
	batch->bytes = wide->bytes;
}

} // namespace

} // namespace leaf

SiftedReader::SiftedReader(std::unique_ptr<ExecutorReader> reader, KnownRows &known, int visible, TupleDesc row_type)
	: reader_(std::move(reader)), known_(known), visible_(visible),
	  batch_(pg::Call(leaf::CreateBatch,
					  row_type != nullptr ? row_type : pg::Call(leaf::FirstColumns, reader_->RowType(), visible)))
{
	known_.BeginAt(visible_, reader_->RowType());
}

Batch *
SiftedReader::Next()
{
	while (Batch *wide = reader_->Next()) {
		known_.Sift(wide);
		if (wide->count > 0) {
			pg::Call(leaf::Narrow, static_cast<const Batch *>(wide), batch_);
			return batch_;
		}
	}
	return nullptr;
}

} // namespace sluice::engine
