#include "engine/wire/copy_decoder.hpp"

namespace sluice::engine::leaf {

namespace {

void
DecodeRow(CopyDecoder *decoder, WireCursor *cursor, TupleTableSlot *slot)
{
	RowDecoder *const base = &decoder->base;
	BeginRow(base, slot);
	for (int i = 0; i < base->column_count; ++i) {
		DecodeColumn *column = &decoder->columns[i];
		base->attribute = column->attribute;
		char *data;
		int length;
		CheckFault(base, TakeCopyField(cursor, &data, &length));
		bool const is_null = length < 0;
		slot->tts_isnull[column->attribute] = is_null;
		slot->tts_values[column->attribute] = is_null ? 0 : DecodeValue(&decoder->values, column, data, length);
	}
	base->attribute = -1;
	CheckFault(base, EndCopyRow(cursor));
}

// One CopyData message: the header, a row, the trailer, or the header and one of the others.
void
TakeMessage(CopyDecoder *decoder, Batch *batch, char *data, int length)
{
	RowDecoder *const base = &decoder->base;
	WireCursor cursor{data, data + length};
	if (!decoder->header_seen) {
		CheckFault(base, TakeCopyHeader(&cursor));
		decoder->header_seen = true;
		if (cursor.Left() == 0) {
			return;
		}
	}
	if (decoder->trailer_seen) {
		RaiseMalformed(base, "There is data after the end of the rows.");
	}
	CheckFault(base, TakeCopyRow(&cursor, base->column_count, &decoder->trailer_seen));
	if (decoder->trailer_seen) {
		return;
	}
	decoder->row = cursor;
	DecodeRow(decoder, &cursor, batch->slots[batch->count]);
	EndRow(base, batch, length);
}

// What the source says it sent must be what arrived.
void
CheckEnd(const CopyDecoder *decoder)
{
	if (!decoder->trailer_seen) {
		RaiseMalformed(&decoder->base, "The rows ended without the end mark.");
	}
	const char *count = PQcmdTuples(decoder->remote->result);
	if (count[0] != '\0' && strtoll(count, nullptr, 10) != decoder->base.rows) {
		RaiseMalformed(&decoder->base, "The source says it sent another number of rows than arrived.");
	}
}

bool
ReadMessage(RowDecoder *base, Batch *batch)
{
	auto *decoder = reinterpret_cast<CopyDecoder *>(base);
	int const length = pg::leaf::RemoteCopyRow(decoder->remote);
	if (length < 0) {
		CheckEnd(decoder);
		base->finished = true;
		return false;
	}
	TakeMessage(decoder, batch, decoder->remote->copy_row, length);
	// Given back at once: the load should not work beside a second copy of a huge row.
	PQfreemem(decoder->remote->copy_row);
	decoder->remote->copy_row = nullptr;
	return true;
}

} // namespace

CopyDecoder *
CreateCopyDecoder(pg::leaf::Remote *remote, TupleDesc row_type, const bool *needed, const bool *as_text,
				  const char *label)
{
	auto *decoder = static_cast<CopyDecoder *>(palloc0(sizeof(CopyDecoder)));
	RowDecoder *const base = &decoder->base;
	InitRowDecoder(base, remote->server, row_type, label);
	decoder->remote = remote;
	decoder->values.encoding = base->encoding;
	decoder->columns = static_cast<DecodeColumn *>(palloc0(sizeof(DecodeColumn) * (row_type->natts + 1)));
	for (int i = 0; i < row_type->natts; ++i) {
		if (needed[i]) {
			Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
			DecodeColumn *column = &decoder->columns[base->column_count++];
			column->attribute = i;
			if (as_text[i] && attribute->atttypid != TEXTOID) {
				InitTextColumn(column, attribute->atttypid, attribute->atttypmod);
			} else {
				InitDecodeColumn(&decoder->values, column, attribute->atttypid, attribute->atttypmod);
			}
		}
	}
	return decoder;
}

bool
FillFromCopy(CopyDecoder *decoder, Batch *batch)
{
	return FillBatch(&decoder->base, batch, ReadMessage);
}

bool
IsInRow(const CopyDecoder *decoder)
{
	return decoder->base.attribute >= 0 && decoder->remote->copy_row != nullptr;
}

bool
AddCopyField(CopyDecoder *decoder, int index, bool as_it_came, WireCursor *fields, RowTexts *texts)
{
	RowDecoder const *const base = &decoder->base;
	DecodeColumn *column = &decoder->columns[index];
	WireCursor cursor = *fields;
	char *data;
	int length;
	if (index >= base->column_count || TakeCopyField(&cursor, &data, &length) != nullptr) {
		texts->is_cut = texts->is_cut || index < base->column_count;
		return false;
	}
	Form_pg_attribute const attribute = TupleDescAttr(base->row_type, column->attribute);
	if (length > 0) {
		Restore(column, data, length);
	}
	if (as_it_came && length >= 0) {
		AddBytes(texts, NameStr(attribute->attname), data, static_cast<Size>(length));
	} else {
		AddValue(texts, attribute, length < 0 ? 0 : DecodeValue(&decoder->values, column, data, length), length < 0);
	}
	*fields = cursor;
	return true;
}

void
SkipCopyRow(CopyDecoder *decoder)
{
	PQfreemem(decoder->remote->copy_row);
	decoder->remote->copy_row = nullptr;
	SkipRow(&decoder->base);
}

} // namespace sluice::engine::leaf
