#include "engine/wire/copy_value.hpp"

#include "core/numeric_wire.hpp"
#include "core/value_wire.hpp"
#include "engine/wire/row_decoder.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "utils/date.h"
}

namespace sluice::engine::leaf {

namespace {

void
RaiseForm()
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("incorrect binary data format")));
}

void
RaiseRange(const char *type)
{
	ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("%s out of range", type)));
}

void
CheckLength(int length, int expected)
{
	if (length != expected) {
		RaiseForm();
	}
}

bool
IsValidText(const ValueDecoder *decoder, const char *data, int length)
{
	return IsPlainAscii(data, length) || pg_verify_mbstr(decoder->encoding, data, length, true);
}

Datum
MakeText(const ValueDecoder *decoder, const char *data, int length)
{
	// First without raising, which is the fast form; then to raise with the offending bytes.
	if (!IsValidText(decoder, data, length)) {
		auto size = static_cast<Size>(length);
		if (decoder->repair.Any()) {
			data = RepairText(&decoder->repair, decoder->encoding, data, &size);
		}
		pg_verify_mbstr(decoder->encoding, data, static_cast<int>(size), false);
		return MakeVarlena(data, size);
	}
	return MakeVarlena(data, length);
}

void
End(DecodeColumn *column, char *data, int length)
{
	column->behind = data[length];
	column->is_ended = true;
	data[length] = '\0';
}

Datum
CallReceive(DecodeColumn *column, char *data, int length)
{
	StringInfoData buffer;
	buffer.data = data;
	buffer.len = length;
	buffer.maxlen = length + 1;
	buffer.cursor = 0;
	End(column, data, length);
	Datum const value = ReceiveFunctionCall(&column->receive, &buffer, column->io_parameter, column->typmod);
	Restore(column, data, length);
	if (buffer.cursor != length) {
		RaiseForm();
	}
	return value;
}

Datum
CallInput(const ValueDecoder *decoder, DecodeColumn *column, char *data, int length)
{
	if (!IsValidText(decoder, data, length)) {
		pg_verify_mbstr(decoder->encoding, data, length, false);
	}
	End(column, data, length);
	Datum const value = InputFunctionCall(&column->receive, data, column->io_parameter, column->typmod);
	Restore(column, data, length);
	return value;
}

// The functions named Try... say no where the receive function has to decide.

bool
TryNumeric(const DecodeColumn *column, const char *data, int length, Datum *value)
{
	int const words = NumericWords(data, length, column->typmod);
	return words > 0 && NumericFromWire(data, words, NewVarlena(sizeof(uint16) * words, value));
}

bool
TryJson(const ValueDecoder *decoder, const char *data, int length, Datum *value)
{
	if (!ReadPlainJson(data, length, decoder->json) || !IsValidText(decoder, data, length)) {
		return false;
	}
	*value = MakeVarlena(data, length);
	return true;
}

bool
TryJsonb(const ValueDecoder *decoder, const char *data, int length, Datum *value)
{
	constexpr char kVersion = 1;
	if (length < 1 || *data != kVersion || !ReadPlainJson(data + 1, length - 1, decoder->json) ||
		!IsValidText(decoder, data + 1, length - 1)) {
		return false;
	}
	uint32 const size = WriteJsonb(decoder->json);
	if (size == 0) {
		return false;
	}
	*value = MakeVarlena(decoder->json->stored + VARHDRSZ, size - VARHDRSZ);
	return true;
}

bool
TryInet(const char *data, int length, bool is_cidr, Datum *value)
{
	char stored[kMaxStoredInet];
	int const size = InetFromWire(data, length, is_cidr, stored);
	if (size == 0) {
		return false;
	}
	*value = MakeVarlena(stored, size);
	return true;
}

bool
TryArray(const ValueDecoder *decoder, const DecodeColumn *column, char *data, int length, Datum *value)
{
	DecodeColumn *const element = column->element;
	WireCursor elements;
	int count;
	if (!TakeWireArray(data, length, element->type, &elements, &count) || static_cast<Size>(count) > MaxArraySize) {
		return false;
	}
	if (count == 0) {
		*value = PointerGetDatum(construct_empty_array(element->type));
		return true;
	}
	auto *const values = static_cast<Datum *>(palloc(sizeof(Datum) * count));
	auto *const nulls = static_cast<bool *>(palloc(sizeof(bool) * count));
	for (int i = 0; i < count; ++i) {
		char *at;
		int size;
		if (TakeCopyField(&elements, &at, &size) != nullptr) {
			return false;
		}
		nulls[i] = size < 0;
		values[i] = nulls[i] ? 0 : DecodeValue(decoder, element, at, size);
	}
	if (elements.Left() > 0) {
		return false;
	}
	int first = 1;
	*value = PointerGetDatum(construct_md_array(values, nulls, 1, &count, &first, element->type, element->size,
												element->by_value, element->align));
	return true;
}

// Whether a modifier changes values that are on their way in.
bool
NeedsReceive(WireKind kind, int32 typmod)
{
	switch (kind) {
	case WireKind::Time:
	case WireKind::Timetz:
	case WireKind::Timestamp:
	case WireKind::Interval:
		return typmod >= 0;
	case WireKind::Bpchar:
		return typmod < 0;
	default:
		return false;
	}
}

} // namespace

void
InitDecodeColumn(ValueDecoder *decoder, DecodeColumn *column, Oid type, int32 typmod)
{
	if (type == MONEYOID) {
		InitDecodeColumn(decoder, column, NUMERICOID, -1);
		column->kind = WireKind::Money;
		return;
	}
	Oid function;
	column->type = type;
	column->typmod = typmod;
	get_typlenbyvalalign(type, &column->size, &column->by_value, &column->align);
	getTypeBinaryInputInfo(type, &function, &column->io_parameter);
	fmgr_info(function, &column->receive);
	WireKind const kind = WireKindOf(type);
	column->kind = NeedsReceive(kind, typmod) ? WireKind::Other : kind;
	if ((kind == WireKind::Json || kind == WireKind::Jsonb) && decoder->json == nullptr) {
		decoder->json = static_cast<PlainJson *>(palloc(sizeof(PlainJson)));
	}
	// int2vector and oidvector are arrays, too, with functions of their own.
	Oid const element = kind == WireKind::Other && function == F_ARRAY_RECV ? get_element_type(type) : InvalidOid;
	if (OidIsValid(element)) {
		column->element = static_cast<DecodeColumn *>(palloc0(sizeof(DecodeColumn)));
		InitDecodeColumn(decoder, column->element, element, typmod);
		column->kind = column->element->kind == WireKind::Other ? WireKind::Other : WireKind::Array;
	}
}

void
InitTextColumn(DecodeColumn *column, Oid type, int32 typmod)
{
	Oid function;
	column->type = type;
	column->typmod = typmod;
	column->kind = WireKind::Other;
	column->from_text = true;
	getTypeInputInfo(type, &function, &column->io_parameter);
	fmgr_info(function, &column->receive);
}

void
Restore(DecodeColumn *column, char *data, int length)
{
	if (column->is_ended) {
		data[length] = column->behind;
		column->is_ended = false;
	}
}

Datum
DecodeValue(const ValueDecoder *decoder, DecodeColumn *column, char *data, int length)
{
	Datum made = 0;
	bool good = false;
	switch (column->kind) {
	case WireKind::Bool:
		CheckLength(length, 1);
		return BoolGetDatum(*data != 0);
	case WireKind::Int2:
		CheckLength(length, 2);
		return Int16GetDatum(static_cast<int16>(WireInt16(data)));
	case WireKind::Int4:
		CheckLength(length, 4);
		return Int32GetDatum(static_cast<int32>(WireInt32(data)));
	case WireKind::Int8:
		CheckLength(length, 8);
		return Int64GetDatum(static_cast<int64>(WireInt64(data)));
	case WireKind::Float4: {
		CheckLength(length, 4);
		uint32 const bits = WireInt32(data);
		float4 value;
		memcpy(&value, &bits, sizeof(value));
		return Float4GetDatum(value);
	}
	case WireKind::Float8: {
		CheckLength(length, 8);
		uint64 const bits = WireInt64(data);
		float8 value;
		memcpy(&value, &bits, sizeof(value));
		return Float8GetDatum(value);
	}
	case WireKind::Date: {
		CheckLength(length, 4);
		auto const value = static_cast<DateADT>(WireInt32(data));
		if (!DATE_NOT_FINITE(value) && !IS_VALID_DATE(value)) {
			RaiseRange("date");
		}
		return DateADTGetDatum(value);
	}
	case WireKind::Time: {
		CheckLength(length, 8);
		auto const value = static_cast<TimeADT>(WireInt64(data));
		if (value < 0 || value > USECS_PER_DAY) {
			RaiseRange("time");
		}
		return TimeADTGetDatum(value);
	}
	case WireKind::Timetz: {
		CheckLength(length, 12);
		auto *value = static_cast<TimeTzADT *>(palloc(sizeof(TimeTzADT)));
		value->time = static_cast<TimeADT>(WireInt64(data));
		value->zone = static_cast<int32>(WireInt32(data + 8));
		if (value->time < 0 || value->time > USECS_PER_DAY) {
			RaiseRange("time");
		}
		if (value->zone <= -TZDISP_LIMIT || value->zone >= TZDISP_LIMIT) {
			ereport(ERROR, (errcode(ERRCODE_INVALID_TIME_ZONE_DISPLACEMENT_VALUE),
							errmsg("time zone displacement out of range")));
		}
		return TimeTzADTPGetDatum(value);
	}
	case WireKind::Timestamp: {
		CheckLength(length, 8);
		auto const value = static_cast<Timestamp>(WireInt64(data));
		if (!TIMESTAMP_NOT_FINITE(value) && !IS_VALID_TIMESTAMP(value)) {
			RaiseRange("timestamp");
		}
		return TimestampGetDatum(value);
	}
	case WireKind::Interval: {
		CheckLength(length, 16);
		auto *value = static_cast<Interval *>(palloc(sizeof(Interval)));
		value->time = static_cast<TimeOffset>(WireInt64(data));
		value->day = static_cast<int32>(WireInt32(data + 8));
		value->month = static_cast<int32>(WireInt32(data + 12));
		return IntervalPGetDatum(value);
	}
	case WireKind::Fixed: {
		CheckLength(length, column->size);
		void *value = palloc(column->size);
		memcpy(value, data, column->size);
		return PointerGetDatum(value);
	}
	case WireKind::Text:
		return MakeText(decoder, data, length);
	case WireKind::Varchar:
		if (column->typmod < VARHDRSZ) {
			return MakeText(decoder, data, length);
		}
		// One byte a character and short enough: nothing to count.
		if (length <= column->typmod - VARHDRSZ && IsPlainAscii(data, length)) {
			return MakeVarlena(data, length);
		}
		break;
	case WireKind::Bpchar:
		if (length == column->typmod - VARHDRSZ && IsPlainAscii(data, length)) {
			return MakeVarlena(data, length);
		}
		break;
	case WireKind::Bytea:
		return MakeVarlena(data, length);
	case WireKind::Numeric:
		good = TryNumeric(column, data, length, &made);
		break;
	case WireKind::Json:
		good = TryJson(decoder, data, length, &made);
		break;
	case WireKind::Jsonb:
		good = TryJsonb(decoder, data, length, &made);
		break;
	case WireKind::Inet:
	case WireKind::Cidr:
		good = TryInet(data, length, column->kind == WireKind::Cidr, &made);
		break;
	case WireKind::Array:
		good = TryArray(decoder, column, data, length, &made);
		break;
	case WireKind::Money:
		return DirectFunctionCall1(numeric_cash, CallReceive(column, data, length));
	case WireKind::Other:
		break;
	}
	if (good) {
		return made;
	}
	bool const is_text = column->from_text || column->kind == WireKind::Varchar || column->kind == WireKind::Bpchar;
	if (is_text && decoder->repair.Any() && !IsValidText(decoder, data, length)) {
		auto size = static_cast<Size>(length);
		data = RepairText(&decoder->repair, decoder->encoding, data, &size);
		length = static_cast<int>(size);
	}
	return column->from_text ? CallInput(decoder, column, data, length) : CallReceive(column, data, length);
}

} // namespace sluice::engine::leaf
