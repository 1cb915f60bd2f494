#include "engine/sources/copy_decoder_leaf.hpp"

#include "core/copy_wire.hpp"
#include "core/numeric_wire.hpp"
#include "pg/prelude.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "utils/date.h"
}

namespace sluice::engine::leaf {

namespace {

// Scratch that receive functions leave behind may grow the batch's memory far beyond the wire's bytes.
constexpr Size kBatchMemory = 8 * 1024 * 1024;

void
RaiseMalformed(const CopyDecoder *decoder, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROTOCOL_VIOLATION), errmsg("server \"%s\" sent a malformed row", decoder->remote->server),
			 errdetail_internal("%s", what)));
}

void
Check(const CopyDecoder *decoder, WireFault fault)
{
	if (fault != nullptr) {
		RaiseMalformed(decoder, fault);
	}
}

void
RaiseForm()
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("incorrect binary data format")));
}

void
CheckLength(int length, int expected)
{
	if (length != expected) {
		RaiseForm();
	}
}

void
AddContext(void *arg)
{
	auto *decoder = static_cast<CopyDecoder *>(arg);
	if (decoder->current >= 0) {
		int const attribute = decoder->columns[decoder->current].attribute;
		errcontext("row " INT64_FORMAT ", column \"%s\" of %s", decoder->rows + 1,
				   NameStr(TupleDescAttr(decoder->row_type, attribute)->attname), decoder->label);
	} else {
		errcontext("row " INT64_FORMAT " of %s", decoder->rows + 1, decoder->label);
	}
}

Datum
MakeVarlena(const char *data, int length)
{
	auto *value = static_cast<struct varlena *>(palloc(length + VARHDRSZ));
	SET_VARSIZE(value, length + VARHDRSZ);
	memcpy(VARDATA(value), data, length);
	return PointerGetDatum(value);
}

Datum
MakeText(const CopyDecoder *decoder, const char *data, int length)
{
	// First without raising, which is the fast form; then to raise with the offending bytes.
	if (!IsPlainAscii(data, length) && !pg_verify_mbstr(decoder->encoding, data, length, true)) {
		pg_verify_mbstr(decoder->encoding, data, length, false);
	}
	return MakeVarlena(data, length);
}

// data[length] is writable: libpq ends every row with a zero byte, and another field follows the others.
Datum
CallReceive(DecodeColumn *column, char *data, int length)
{
	StringInfoData buffer;
	buffer.data = data;
	buffer.len = length;
	buffer.maxlen = length + 1;
	buffer.cursor = 0;
	char const saved = data[length];
	data[length] = '\0';
	Datum const value = ReceiveFunctionCall(&column->receive, &buffer, column->io_parameter, column->typmod);
	data[length] = saved;
	if (buffer.cursor != length) {
		RaiseForm();
	}
	return value;
}

Datum
DecodeValue(const CopyDecoder *decoder, DecodeColumn *column, char *data, int length)
{
	switch (column->kind) {
	case DecodeKind::Bool:
		CheckLength(length, 1);
		return BoolGetDatum(*data != 0);
	case DecodeKind::Int2:
		CheckLength(length, 2);
		return Int16GetDatum(static_cast<int16>(WireInt16(data)));
	case DecodeKind::Int4:
		CheckLength(length, 4);
		return Int32GetDatum(static_cast<int32>(WireInt32(data)));
	case DecodeKind::Int8:
		CheckLength(length, 8);
		return Int64GetDatum(static_cast<int64>(WireInt64(data)));
	case DecodeKind::Float4: {
		CheckLength(length, 4);
		uint32 const bits = WireInt32(data);
		float4 value;
		memcpy(&value, &bits, sizeof(value));
		return Float4GetDatum(value);
	}
	case DecodeKind::Float8: {
		CheckLength(length, 8);
		uint64 const bits = WireInt64(data);
		float8 value;
		memcpy(&value, &bits, sizeof(value));
		return Float8GetDatum(value);
	}
	case DecodeKind::Date: {
		CheckLength(length, 4);
		auto const value = static_cast<DateADT>(WireInt32(data));
		if (!DATE_NOT_FINITE(value) && !IS_VALID_DATE(value)) {
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("date out of range")));
		}
		return DateADTGetDatum(value);
	}
	case DecodeKind::Time: {
		CheckLength(length, 8);
		auto const value = static_cast<TimeADT>(WireInt64(data));
		if (value < 0 || value > USECS_PER_DAY) {
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("time out of range")));
		}
		return TimeADTGetDatum(value);
	}
	case DecodeKind::Timestamp: {
		CheckLength(length, 8);
		auto const value = static_cast<Timestamp>(WireInt64(data));
		if (!TIMESTAMP_NOT_FINITE(value) && !IS_VALID_TIMESTAMP(value)) {
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
		}
		return TimestampGetDatum(value);
	}
	case DecodeKind::Uuid: {
		CheckLength(length, UUID_LEN);
		auto *value = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
		memcpy(value->data, data, UUID_LEN);
		return UUIDPGetDatum(value);
	}
	case DecodeKind::Text:
		return MakeText(decoder, data, length);
	case DecodeKind::Varchar:
		// One byte a character and short enough: nothing to count.
		if (length <= column->typmod - VARHDRSZ && IsPlainAscii(data, length)) {
			return MakeVarlena(data, length);
		}
		return CallReceive(column, data, length);
	case DecodeKind::Bpchar:
		if (length == column->typmod - VARHDRSZ && IsPlainAscii(data, length)) {
			return MakeVarlena(data, length);
		}
		return CallReceive(column, data, length);
	case DecodeKind::Bytea:
		return MakeVarlena(data, length);
	case DecodeKind::Numeric: {
		int const words = NumericWords(data, length, column->typmod);
		if (words > 0) {
			Size const size = VARHDRSZ + sizeof(uint16) * words;
			char *numeric = static_cast<char *>(palloc(size));
			SET_VARSIZE(numeric, size);
			if (NumericFromWire(data, words, numeric + VARHDRSZ)) {
				return PointerGetDatum(numeric);
			}
		}
		break;
	}
	case DecodeKind::Receive:
		break;
	}
	return CallReceive(column, data, length);
}

DecodeKind
KindOf(Oid type, int32 typmod)
{
	switch (type) {
	case BOOLOID:
		return DecodeKind::Bool;
	case INT2OID:
		return DecodeKind::Int2;
	case INT4OID:
		return DecodeKind::Int4;
	case INT8OID:
		return DecodeKind::Int8;
	case FLOAT4OID:
		return DecodeKind::Float4;
	case FLOAT8OID:
		return DecodeKind::Float8;
	case DATEOID:
		return DecodeKind::Date;
	case TIMEOID:
		return typmod < 0 ? DecodeKind::Time : DecodeKind::Receive;
	case TIMESTAMPOID:
	case TIMESTAMPTZOID:
		return typmod < 0 ? DecodeKind::Timestamp : DecodeKind::Receive;
	case UUIDOID:
		return DecodeKind::Uuid;
	case TEXTOID:
		return DecodeKind::Text;
	case VARCHAROID:
		return typmod < 0 ? DecodeKind::Text : DecodeKind::Varchar;
	case BPCHAROID:
		return typmod < 0 ? DecodeKind::Receive : DecodeKind::Bpchar;
	case BYTEAOID:
		return DecodeKind::Bytea;
	case NUMERICOID:
		return DecodeKind::Numeric;
	default:
		return DecodeKind::Receive;
	}
}

void
DecodeRow(CopyDecoder *decoder, WireCursor *cursor, TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	if (decoder->column_count < decoder->row_type->natts) {
		memset(slot->tts_isnull, 1, decoder->row_type->natts);
		memset(slot->tts_values, 0, sizeof(Datum) * decoder->row_type->natts);
	}
	for (int i = 0; i < decoder->column_count; ++i) {
		DecodeColumn *column = &decoder->columns[i];
		decoder->current = i;
		char *data;
		int length;
		Check(decoder, TakeCopyField(cursor, &data, &length));
		bool const is_null = length < 0;
		slot->tts_isnull[column->attribute] = is_null;
		slot->tts_values[column->attribute] = is_null ? 0 : DecodeValue(decoder, column, data, length);
	}
	decoder->current = -1;
	Check(decoder, EndCopyRow(cursor));
	ExecStoreVirtualTuple(slot);
}

// One CopyData message: the header, a row, the trailer, or the header and one of the others.
void
TakeMessage(CopyDecoder *decoder, Batch *batch, char *data, int length)
{
	WireCursor cursor{data, data + length};
	if (!decoder->header_seen) {
		Check(decoder, TakeCopyHeader(&cursor));
		decoder->header_seen = true;
		if (cursor.Left() == 0) {
			return;
		}
	}
	if (decoder->trailer_seen) {
		RaiseMalformed(decoder, "There is data after the end of the rows.");
	}
	Check(decoder, TakeCopyRow(&cursor, decoder->column_count, &decoder->trailer_seen));
	if (decoder->trailer_seen) {
		return;
	}
	DecodeRow(decoder, &cursor, batch->slots[batch->count]);
	++batch->count;
	++decoder->rows;
	decoder->bytes += length;
	batch->bytes += length;
	if (MemoryContextMemAllocated(batch->memory, false) > kBatchMemory) {
		batch->bytes = kBatchBytes;
	}
}

// What the source says it sent must be what arrived.
void
CheckEnd(CopyDecoder *decoder)
{
	if (!decoder->trailer_seen) {
		RaiseMalformed(decoder, "The rows ended without the end mark.");
	}
	const char *count = PQcmdTuples(decoder->remote->result);
	if (count[0] != '\0' && strtoll(count, nullptr, 10) != decoder->rows) {
		RaiseMalformed(decoder, "The source says it sent another number of rows than arrived.");
	}
}

} // namespace

CopyDecoder *
CreateCopyDecoder(pg::leaf::Remote *remote, TupleDesc row_type, const bool *needed, const char *label)
{
	auto *decoder = static_cast<CopyDecoder *>(palloc0(sizeof(CopyDecoder)));
	decoder->remote = remote;
	decoder->row_type = row_type;
	decoder->label = pstrdup(label);
	decoder->encoding = GetDatabaseEncoding();
	decoder->current = -1;
	decoder->columns = static_cast<DecodeColumn *>(palloc0(sizeof(DecodeColumn) * (row_type->natts + 1)));
	for (int i = 0; i < row_type->natts; ++i) {
		if (!needed[i]) {
			continue;
		}
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		DecodeColumn *column = &decoder->columns[decoder->column_count++];
		Oid function;
		column->attribute = i;
		column->typmod = attribute->atttypmod;
		column->kind = KindOf(attribute->atttypid, attribute->atttypmod);
		getTypeBinaryInputInfo(attribute->atttypid, &function, &column->io_parameter);
		fmgr_info(function, &column->receive);
	}
	return decoder;
}

bool
FillFromCopy(CopyDecoder *decoder, Batch *batch)
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
	while (!BatchIsFull(batch)) {
		int const length = pg::leaf::RemoteCopyRow(decoder->remote);
		if (length < 0) {
			CheckEnd(decoder);
			decoder->finished = true;
			break;
		}
		TakeMessage(decoder, batch, decoder->remote->copy_row, length);
		// Given back at once: the sink should not work beside a second copy of a huge row.
		PQfreemem(decoder->remote->copy_row);
		decoder->remote->copy_row = nullptr;
	}
	MemoryContextSwitchTo(old);
	error_context_stack = callback.previous;
	return batch->count > 0;
}

} // namespace sluice::engine::leaf
