#include "engine/source/mysql/mysql_row.hpp"

#include "core/mysql_wire.hpp"
#include "engine/source/mysql/mysql_value.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "utils/date.h"
}

namespace sluice::engine::leaf {

namespace {

void
RaiseForm(const MysqlDecoder *decoder)
{
	RaiseMalformed(&decoder->base, "A value does not have the form of its type.");
}

const unsigned char *
Take(const MysqlDecoder *decoder, MysqlCursor *cursor, Size length)
{
	const unsigned char *data = nullptr;
	CheckFault(&decoder->base, TakeMysqlFixed(cursor, length, &data));
	return data;
}

template <typename T>
T
TakeNumber(const MysqlDecoder *decoder, MysqlCursor *cursor)
{
	return MysqlNumber<T>(Take(decoder, cursor, sizeof(T)));
}

// In the database's encoding; what is returned may be a copy.
const char *
ToDatabase(const MysqlDecoder *decoder, const unsigned char *data, Size *length)
{
	const auto *text = reinterpret_cast<const char *>(data);
	if (decoder->repair.Any() && !pg_verify_mbstr(PG_UTF8, text, static_cast<int>(*length), true)) {
		text = RepairText(&decoder->repair, PG_UTF8, text, length);
	}
	auto const bytes = static_cast<int>(*length);
	// First without raising, which is the fast form; then to raise with the offending bytes.
	if (!pg_verify_mbstr(PG_UTF8, text, bytes, true)) {
		if (memchr(text, 0, bytes) != nullptr) {
			ereport(ERROR, (errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE), errmsg("a text holds a zero byte"),
							errdetail("PostgreSQL's text types cannot hold it."),
							errhint("Set the option on_nul to \"strip\", take it out in source_query, with "
									"REPLACE(column, CHAR(0), ''), or "
									"read the column as bytea, with CAST(column AS BINARY).")));
		}
		pg_verify_mbstr(PG_UTF8, text, bytes, false);
	}
	if (decoder->base.encoding == PG_UTF8 || decoder->base.encoding == PG_SQL_ASCII) {
		return text;
	}
	char *const converted = pg_any_to_server(text, bytes, PG_UTF8);
	*length = converted == text ? *length : strlen(converted);
	return converted;
}

// With a length in characters: exceeded by what is not what the server described.
Datum
MakeLimited(const MysqlDecoder *decoder, const MysqlColumn *column, const unsigned char *data, Size length, bool pad)
{
	auto const limit = static_cast<Size>(column->typmod - VARHDRSZ);
	bool const ascii = IsPlainAscii(reinterpret_cast<const char *>(data), static_cast<int64>(length));
	const char *const text = ToDatabase(decoder, data, &length);
	Size const characters = ascii ? length : static_cast<Size>(pg_mbstrlen_with_len(text, static_cast<int>(length)));
	if (characters > limit) {
		ereport(ERROR, (errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
						errmsg("a text is longer than the %zu characters of its column", limit)));
	}
	Size const padding = pad ? limit - characters : 0;
	Datum value;
	char *const content = NewVarlena(length + padding, &value);
	memcpy(content, text, length);
	memset(content + length, ' ', padding);
	return value;
}

Datum
CallInput(const MysqlDecoder *decoder, MysqlColumn *column, const unsigned char *data, Size length)
{
	const char *const text = ToDatabase(decoder, data, &length);
	return InputFunctionCall(&column->input, pnstrdup(text, length), column->io_parameter, column->typmod);
}

void
RaiseZeroDate(const MysqlMoment *moment)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
			 errmsg("the calendar has no date %04d-%02d-%02d", moment->year, moment->month, moment->day),
			 errhint("Set the option zero_dates to \"null\" to load such dates as NULL, or leave those rows out in "
					 "source_query.")));
}

Datum
DecodeMoment(const MysqlDecoder *decoder, const MysqlColumn *column, MysqlCursor *cursor, bool *is_null)
{
	Size const length = *Take(decoder, cursor, 1);
	MysqlMoment moment;
	if (!ReadMysqlMoment(Take(decoder, cursor, length), length, &moment)) {
		RaiseForm(decoder);
	}
	DateADT date = 0;
	Timestamp timestamp = 0;
	bool const good =
		column->kind == MysqlKind::Date ? MomentToDate(&moment, &date) : MomentToTimestamp(&moment, &timestamp);
	if (!good) {
		if (!decoder->null_zero_dates) {
			RaiseZeroDate(&moment);
		}
		*is_null = true;
		return 0;
	}
	if (column->kind == MysqlKind::Date) {
		return DateADTGetDatum(date);
	}
	// An instant arrives in UTC, which is how it is stored here: as good as a datetime.
	return TimestampGetDatum(timestamp);
}

Datum
DecodeSpan(const MysqlDecoder *decoder, const MysqlColumn *column, MysqlCursor *cursor)
{
	Size const length = *Take(decoder, cursor, 1);
	MysqlSpan span;
	if (!ReadMysqlSpan(Take(decoder, cursor, length), length, &span)) {
		RaiseForm(decoder);
	}
	if (column->kind == MysqlKind::Interval) {
		auto *interval = static_cast<Interval *>(palloc0(sizeof(Interval)));
		interval->time = span.negative ? -span.microseconds : span.microseconds;
		return IntervalPGetDatum(interval);
	}
	if ((span.negative && span.microseconds != 0) || span.microseconds > USECS_PER_DAY) {
		ereport(
			ERROR,
			(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
			 errmsg("the time %s%lld:%02lld:%02lld is not one of a day", span.negative ? "-" : "",
					static_cast<long long>(span.microseconds / USECS_PER_HOUR),
					static_cast<long long>(span.microseconds / USECS_PER_MINUTE % MINS_PER_HOUR),
					static_cast<long long>(span.microseconds / USECS_PER_SEC % SECS_PER_MINUTE)),
			 errhint("Set the option mysql_time to \"interval\": columns of type time are then read as interval.")));
	}
	return TimeADTGetDatum(span.microseconds);
}

Datum
DecodeBytes(const MysqlDecoder *decoder, MysqlColumn *column, MysqlCursor *cursor)
{
	Size length = 0;
	const unsigned char *data = nullptr;
	CheckFault(&decoder->base, TakeMysqlString(cursor, &data, &length));
	if (length > MaxAllocSize - VARHDRSZ) {
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("a value of %zu bytes is too large", length),
						errhint("PostgreSQL's values end at 1 GB: leave such rows out in source_query.")));
	}
	switch (column->kind) {
	case MysqlKind::Decimal: {
		Datum value;
		if (!NumericFromDecimal(reinterpret_cast<const char *>(data), length, &value)) {
			RaiseForm(decoder);
		}
		return value;
	}
	case MysqlKind::Bit: {
		Datum value;
		if (!BitFromBytes(data, length, column->typmod, &value)) {
			RaiseForm(decoder);
		}
		return value;
	}
	case MysqlKind::Varchar:
		return MakeLimited(decoder, column, data, length, false);
	case MysqlKind::Bpchar:
		return MakeLimited(decoder, column, data, length, true);
	case MysqlKind::Bytea:
		return MakeVarlena(data, length);
	case MysqlKind::Vector:
		if (length % sizeof(float4) != 0) {
			RaiseForm(decoder);
		}
		return ArrayFromVector(data, length / sizeof(float4));
	case MysqlKind::Input:
		return CallInput(decoder, column, data, length);
	default: {
		const char *const text = ToDatabase(decoder, data, &length);
		return MakeVarlena(text, length);
	}
	}
}

Datum
DecodeValue(const MysqlDecoder *decoder, MysqlColumn *column, MysqlCursor *cursor, bool *is_null)
{
	switch (column->kind) {
	case MysqlKind::Tiny:
		return Int16GetDatum(TakeNumber<int8>(decoder, cursor));
	case MysqlKind::UnsignedTiny:
		return Int16GetDatum(TakeNumber<uint8>(decoder, cursor));
	case MysqlKind::Short:
		return Int16GetDatum(TakeNumber<int16>(decoder, cursor));
	case MysqlKind::UnsignedShort:
		return Int32GetDatum(TakeNumber<uint16>(decoder, cursor));
	case MysqlKind::Long:
		return Int32GetDatum(TakeNumber<int32>(decoder, cursor));
	case MysqlKind::UnsignedLong:
		return Int64GetDatum(TakeNumber<uint32>(decoder, cursor));
	case MysqlKind::Longlong:
		return Int64GetDatum(TakeNumber<int64>(decoder, cursor));
	case MysqlKind::UnsignedLonglong:
		return NumericFromUnsigned(TakeNumber<uint64>(decoder, cursor));
	case MysqlKind::Float: {
		uint32 const bits = TakeNumber<uint32>(decoder, cursor);
		float4 value;
		memcpy(&value, &bits, sizeof(value));
		return Float4GetDatum(value);
	}
	case MysqlKind::Double: {
		uint64 const bits = TakeNumber<uint64>(decoder, cursor);
		float8 value;
		memcpy(&value, &bits, sizeof(value));
		return Float8GetDatum(value);
	}
	case MysqlKind::Date:
	case MysqlKind::Datetime:
	case MysqlKind::Timestamp:
		return DecodeMoment(decoder, column, cursor, is_null);
	case MysqlKind::Time:
	case MysqlKind::Interval:
		return DecodeSpan(decoder, column, cursor);
	default:
		return DecodeBytes(decoder, column, cursor);
	}
}

void
DecodeRow(MysqlDecoder *decoder, const unsigned char *row, Size length, TupleTableSlot *slot)
{
	RowDecoder *const base = &decoder->base;
	MysqlCursor cursor{row, row + length};
	const unsigned char *nulls = nullptr;
	// Without any column that is needed the row holds a constant.
	CheckFault(base, TakeMysqlRow(&cursor, std::max(base->column_count, 1), &nulls));
	BeginRow(base, slot);
	decoder->row = cursor;
	decoder->nulls = nulls;
	for (int i = 0; i < base->column_count; ++i) {
		MysqlColumn *column = &decoder->columns[i];
		base->attribute = column->attribute;
		bool is_null = IsMysqlNull(nulls, i);
		slot->tts_values[column->attribute] = is_null ? 0 : DecodeValue(decoder, column, &cursor, &is_null);
		slot->tts_isnull[column->attribute] = is_null;
	}
	base->attribute = -1;
	if (base->column_count > 0) {
		CheckFault(base, EndMysqlRow(&cursor));
	}
}

// What a value that cannot be one here says: only moments and spans do not come as text or bytes.
void
AddRaw(const MysqlDecoder *decoder, const MysqlColumn *column, const char *name, MysqlCursor *cursor, RowTexts *texts)
{
	char text[64];
	Size length = 0;
	switch (column->kind) {
	case MysqlKind::Date:
	case MysqlKind::Datetime:
	case MysqlKind::Timestamp: {
		MysqlMoment moment;
		length = *Take(decoder, cursor, 1);
		if (!ReadMysqlMoment(Take(decoder, cursor, length), length, &moment)) {
			RaiseForm(decoder);
		}
		int used = snprintf(text, sizeof(text), "%04d-%02d-%02d", moment.year, moment.month, moment.day);
		if (column->kind != MysqlKind::Date) {
			snprintf(text + used, sizeof(text) - used, " %02d:%02d:%02d.%06d", moment.hour, moment.minute,
					 moment.second, moment.microsecond);
		}
		break;
	}
	case MysqlKind::Time: {
		MysqlSpan span;
		length = *Take(decoder, cursor, 1);
		if (!ReadMysqlSpan(Take(decoder, cursor, length), length, &span)) {
			RaiseForm(decoder);
		}
		auto const microseconds = static_cast<long long>(span.microseconds);
		snprintf(text, sizeof(text), "%s%lld:%02lld:%02lld.%06lld", span.negative ? "-" : "",
				 microseconds / USECS_PER_HOUR, microseconds / USECS_PER_MINUTE % MINS_PER_HOUR,
				 microseconds / USECS_PER_SEC % SECS_PER_MINUTE, microseconds % USECS_PER_SEC);
		break;
	}
	default: {
		const unsigned char *data = nullptr;
		CheckFault(&decoder->base, TakeMysqlString(cursor, &data, &length));
		AddBytes(texts, name, reinterpret_cast<const char *>(data), length);
		return;
	}
	}
	AddBytes(texts, name, text, strlen(text));
}

bool
ReadRow(RowDecoder *base, Batch *batch)
{
	auto *decoder = reinterpret_cast<MysqlDecoder *>(base);
	const unsigned char *row = nullptr;
	Size length = 0;
	if (!LinkNextRow(decoder->link, &row, &length)) {
		decoder->failed = true;
		return false;
	}
	if (row == nullptr) {
		base->finished = true;
		return false;
	}
	DecodeRow(decoder, row, length, batch->slots[batch->count]);
	EndRow(base, batch, static_cast<int64>(length));
	return true;
}

} // namespace

MysqlDecoder *
CreateMysqlDecoder(MysqlLink *link, TupleDesc row_type, const MysqlKind *kinds, const bool *needed, const char *label)
{
	auto *decoder = static_cast<MysqlDecoder *>(palloc0(sizeof(MysqlDecoder)));
	InitRowDecoder(&decoder->base, link->channel.server, row_type, label);
	decoder->link = link;
	decoder->columns = static_cast<MysqlColumn *>(palloc0(sizeof(MysqlColumn) * (row_type->natts + 1)));
	for (int i = 0; i < row_type->natts; ++i) {
		if (!needed[i]) {
			continue;
		}
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		MysqlColumn *column = &decoder->columns[decoder->base.column_count++];
		Oid function;
		column->attribute = i;
		column->typmod = attribute->atttypmod;
		column->kind = kinds[i];
		getTypeInputInfo(attribute->atttypid, &function, &column->io_parameter);
		fmgr_info(function, &column->input);
	}
	return decoder;
}

bool
FillFromMysql(MysqlDecoder *decoder, Batch *batch)
{
	return FillBatch(&decoder->base, batch, ReadRow) && !decoder->failed;
}

bool
IsInRow(const MysqlDecoder *decoder)
{
	return decoder->base.attribute >= 0 && !decoder->failed;
}

bool
AddMysqlValue(MysqlDecoder *decoder, int index, bool as_it_came, MysqlCursor *values, RowTexts *texts)
{
	if (index >= decoder->base.column_count) {
		return false;
	}
	MysqlColumn *column = &decoder->columns[index];
	Form_pg_attribute const attribute = TupleDescAttr(decoder->base.row_type, column->attribute);
	MysqlCursor cursor = *values;
	bool is_null = IsMysqlNull(decoder->nulls, index);
	if (is_null || !as_it_came) {
		Datum const value = is_null ? 0 : DecodeValue(decoder, column, &cursor, &is_null);
		AddValue(texts, attribute, value, is_null);
	} else {
		AddRaw(decoder, column, NameStr(attribute->attname), &cursor, texts);
	}
	*values = cursor;
	return true;
}

} // namespace sluice::engine::leaf
