#include "engine/source/mysql/mysql_value.hpp"

#include <charconv>

#include "core/mysql_wire.hpp"
#include "core/numeric_wire.hpp"
#include "engine/wire/row_decoder.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/varbit.h"
}

namespace sluice::engine::leaf {

bool
MomentToDate(const MysqlMoment *moment, int32 *date)
{
	if (moment->year < 1 || moment->month < 1 || moment->month > MONTHS_PER_YEAR || moment->day < 1 ||
		moment->day > day_tab[isleap(moment->year) ? 1 : 0][moment->month - 1]) {
		return false;
	}
	*date = date2j(moment->year, moment->month, moment->day) - POSTGRES_EPOCH_JDATE;
	return true;
}

bool
MomentToTimestamp(const MysqlMoment *moment, Timestamp *timestamp)
{
	int32 date = 0;
	if (!MomentToDate(moment, &date)) {
		return false;
	}
	*timestamp = date * USECS_PER_DAY + moment->hour * USECS_PER_HOUR + moment->minute * USECS_PER_MINUTE +
				 moment->second * USECS_PER_SEC + moment->microsecond;
	return true;
}

bool
NumericFromDecimal(const char *text, Size length, Datum *value)
{
	uint16 stored[kMaxTextWords];
	int const words = NumericFromText(text, length, reinterpret_cast<char *>(stored));
	*value = MakeVarlena(stored, sizeof(uint16) * words);
	return words > 0;
}

Datum
NumericFromUnsigned(uint64 value)
{
	if (value <= static_cast<uint64>(PG_INT64_MAX)) {
		return NumericGetDatum(int64_to_numeric(static_cast<int64>(value)));
	}
	char text[24] = {};
	Datum number;
	const char *const end = std::to_chars(text, std::end(text), value).ptr;
	if (!NumericFromDecimal(text, end - text, &number)) {
		elog(ERROR, "unexpected form of a number");
	}
	return number;
}

Datum
ArrayFromVector(const unsigned char *data, Size count)
{
	auto *elements = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
	for (Size i = 0; i < count; ++i) {
		uint32 const bits = MysqlNumber<uint32>(data + i * sizeof(float4));
		float4 value;
		memcpy(&value, &bits, sizeof(value));
		elements[i] = Float4GetDatum(value);
	}
	return PointerGetDatum(
		construct_array(elements, static_cast<int>(count), FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
}

bool
BitFromBytes(const unsigned char *data, Size length, int bits, Datum *value)
{
	Size const bytes = (bits + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
	if (length != bytes || bytes > sizeof(uint64)) {
		return false;
	}
	uint64 number = 0;
	for (Size i = 0; i < bytes; ++i) {
		number = number << BITS_PER_BYTE | data[i];
	}
	if (bits < 64 && number >> bits != 0) {
		return false;
	}
	number <<= bytes * BITS_PER_BYTE - bits;
	auto *bit = static_cast<VarBit *>(palloc0(VARBITTOTALLEN(bits)));
	SET_VARSIZE(bit, VARBITTOTALLEN(bits));
	VARBITLEN(bit) = bits;
	for (Size i = 0; i < bytes; ++i) {
		VARBITS(bit)[i] = static_cast<bits8>(number >> (bytes - 1 - i) * BITS_PER_BYTE);
	}
	*value = VarBitPGetDatum(bit);
	return true;
}

} // namespace sluice::engine::leaf
