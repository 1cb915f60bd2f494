#include "engine/sources/row_decoder_leaf.hpp"

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

void
Fill(RowDecoder *decoder, Batch *batch, RowReader read)
{
	while (!BatchIsFull(batch) && read(decoder, batch)) {
	}
}

// Receive functions convert text from the client's encoding; the source has sent it in the database's. What is said to
// the client meanwhile is an error, which goes out later.
void
FillForOtherClient(RowDecoder *decoder, Batch *batch, RowReader read, int client)
{
	SetClientEncoding(decoder->encoding);
	PG_TRY();
	{
		Fill(decoder, batch, read);
	}
	PG_FINALLY();
	{
		SetClientEncoding(client);
	}
	PG_END_TRY();
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
	int const client = pg_get_client_encoding();
	if (client == decoder->encoding) {
		Fill(decoder, batch, read);
	} else {
		FillForOtherClient(decoder, batch, read, client);
	}
	MemoryContextSwitchTo(old);
	error_context_stack = callback.previous;
	return batch->count > 0;
}

} // namespace sluice::engine::leaf
