// What the decoders of our own sources share: where in the stream an error happened, what a malformed row is, and the
// loop that fills a batch.
//
// Leaf regime.
#pragma once

#include "core/copy_wire.hpp"
#include "engine/rows/batch.hpp"

namespace sluice::engine::leaf {

struct RowDecoder {
	const char *server;
	const char *label; // the source, for messages
	TupleDesc row_type;
	int column_count; // on the wire
	int encoding;	  // of this database
	int attribute;	  // being decoded, -1: none; for the error context
	bool finished;
	int64 rows;
	int64 bytes;
};

// In the current memory context.
void InitRowDecoder(RowDecoder *decoder, const char *server, TupleDesc row_type, const char *label);

[[noreturn]] void RaiseMalformed(const RowDecoder *decoder, const char *what);

inline void
CheckFault(const RowDecoder *decoder, WireFault fault)
{
	if (fault != nullptr) {
		RaiseMalformed(decoder, fault);
	}
}

// An empty slot, null where nothing comes over the wire.
void BeginRow(const RowDecoder *decoder, TupleTableSlot *slot);
// The batch's next slot has become a row, from so many bytes.
void EndRow(RowDecoder *decoder, Batch *batch, int64 bytes);

// The row that was begun is left out, and counted.
inline void
SkipRow(RowDecoder *decoder)
{
	decoder->attribute = -1;
	++decoder->rows;
}

// Reads once, in the batch's memory; false when that brought no row and none will follow.
using RowReader = bool (*)(RowDecoder *decoder, Batch *batch);
// Appends rows until the batch is full; false when there was none left to append.
bool FillBatch(RowDecoder *decoder, Batch *batch, RowReader read);

// An uncompressed varlena of that many bytes, to be filled.
inline char *
NewVarlena(Size length, Datum *value)
{
	auto *varlena = static_cast<struct varlena *>(palloc(length + VARHDRSZ));
	SET_VARSIZE(varlena, length + VARHDRSZ);
	*value = PointerGetDatum(varlena);
	return VARDATA(varlena);
}

inline Datum
MakeVarlena(const void *data, Size length)
{
	Datum value;
	memcpy(NewVarlena(length, &value), data, length);
	return value;
}

} // namespace sluice::engine::leaf
