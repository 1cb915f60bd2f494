#include "engine/wire/row_decoder.hpp"

namespace sluice::engine::leaf {

namespace {

// Scratch that functions of types leave behind may grow the batch's memory far beyond the wire's bytes.
constexpr Size kBatchMemory = 8 * 1024 * 1024;

void
AddContext(void *arg)
{
	const auto *decoder = static_cast<const RowDecoder *>(arg);
	if (decoder->attribute >= 0) {
		errcontext("row " INT64_FORMAT ", column \"%s\" of %s", decoder->rows + 1,
				   NameStr(TupleDescAttr(decoder->row_type, decoder->attribute)->attname), decoder->label);
	} else {
		errcontext("row " INT64_FORMAT " of %s", decoder->rows + 1, decoder->label);
	}
}

} // namespace

void
InitRowDecoder(RowDecoder *decoder, const char *server, TupleDesc row_type, const char *label)
{
	decoder->server = server;
	decoder->row_type = row_type;
	decoder->label = pstrdup(label);
	decoder->encoding = GetDatabaseEncoding();
	decoder->attribute = -1;
}

void
RaiseMalformed(const RowDecoder *decoder, const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION), errmsg("server \"%s\" sent a malformed row", decoder->server),
					errdetail_internal("%s", what)));
}

void
BeginRow(const RowDecoder *decoder, TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	if (decoder->column_count < decoder->row_type->natts) {
		memset(slot->tts_isnull, 1, decoder->row_type->natts);
		memset(slot->tts_values, 0, sizeof(Datum) * decoder->row_type->natts);
	}
}

void
EndRow(RowDecoder *decoder, Batch *batch, int64 bytes)
{
	ExecStoreVirtualTuple(batch->slots[batch->count]);
	++batch->count;
	++decoder->rows;
	decoder->bytes += bytes;
	batch->bytes += bytes;
	if (MemoryContextMemAllocated(batch->memory, false) > kBatchMemory) {
		batch->bytes = kBatchBytes;
	}
}

bool
FillBatch(RowDecoder *decoder, Batch *batch, RowReader read)
{
	CHECK_FOR_INTERRUPTS();
	if (decoder->finished) {
		return false;
	}
	ErrorContextCallback callback;
	callback.callback = AddContext;
	callback.arg = decoder;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	MemoryContext const old = MemoryContextSwitchTo(batch->memory);
	while (!BatchIsFull(batch) && read(decoder, batch)) {
	}
	MemoryContextSwitchTo(old);
	error_context_stack = callback.previous;
	return batch->count > 0;
}

} // namespace sluice::engine::leaf
