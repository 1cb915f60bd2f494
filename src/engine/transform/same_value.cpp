#include "engine/transform/same_value.hpp"

#include <cmath>

extern "C" {
#include "common/shortest_dec.h"
#include "utils/date.h"
#include "utils/numeric.h"
}

namespace sluice::engine::leaf {

namespace {

struct Bytes {
	const char *data;
	int length;

	bool Equals(Bytes other) const { return length == other.length && memcmp(data, other.data, length) == 0; }
	Bytes WithoutBlanks() const
	{
		Bytes trimmed = *this;
		while (trimmed.length > 0 && data[trimmed.length - 1] == ' ') {
			--trimmed.length;
		}
		return trimmed;
	}
};

bool
IsFloat(Oid type)
{
	return type == FLOAT4OID || type == FLOAT8OID;
}

bool
IsInteger(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

bool
IsOid(Oid type)
{
	constexpr Oid kRegdatabase = 8326; // 18
	switch (type) {
	case OIDOID:
	case REGPROCOID:
	case REGPROCEDUREOID:
	case REGOPEROID:
	case REGOPERATOROID:
	case REGCLASSOID:
	case REGTYPEOID:
	case REGROLEOID:
	case REGNAMESPACEOID:
	case REGCONFIGOID:
	case REGDICTIONARYOID:
	case REGCOLLATIONOID:
	case kRegdatabase:
		return true;
	default:
		return false;
	}
}

bool
IsNumber(Oid type)
{
	return IsFloat(type) || IsInteger(type) || IsOid(type) || type == NUMERICOID || type == CASHOID;
}

bool
IsTime(Oid type)
{
	return type == TIMESTAMPOID || type == TIMESTAMPTZOID || type == DATEOID || type == TIMEOID || type == TIMETZOID ||
		   type == INTERVALOID;
}

bool
IsCharacters(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID || type == NAMEOID || type == CHAROID;
}

int64
IntegerOf(Oid type, Datum value)
{
	switch (type) {
	case INT2OID:
		return DatumGetInt16(value);
	case INT4OID:
		return DatumGetInt32(value);
	case INT8OID:
		return DatumGetInt64(value);
	default:
		return DatumGetObjectId(value);
	}
}

double
FloatOf(Oid type, Datum value)
{
	return type == FLOAT4OID ? DatumGetFloat4(value) : DatumGetFloat8(value);
}

// Of a number that is not floating-point: nothing is rounded.
Datum
NumericOf(Oid type, Datum value)
{
	return type == NUMERICOID ? value
		   : type == CASHOID  ? DirectFunctionCall1(cash_numeric, value)
							  : NumericGetDatum(int64_to_numeric(IntegerOf(type, value)));
}

bool
ReadsAs(char *digits, Datum number)
{
	Datum const read =
		DirectFunctionCall3(numeric_in, CStringGetDatum(digits), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return DatumGetBool(DirectFunctionCall2(numeric_eq, read, number));
}

// The digits that tell this floating-point number from others are the number's, or it is the number to the last digit.
bool
IsNumericInFloat(Datum number, Oid to, Datum stored)
{
	constexpr int kMostDigits = 350;
	char shortest[DOUBLE_SHORTEST_DECIMAL_LEN];
	if (to == FLOAT4OID) {
		(void)float_to_shortest_decimal_buf(DatumGetFloat4(stored), shortest);
	} else {
		(void)double_to_shortest_decimal_buf(DatumGetFloat8(stored), shortest);
	}
	double const value = FloatOf(to, stored);
	return ReadsAs(shortest, number) || (std::isfinite(value) && ReadsAs(psprintf("%.*g", kMostDigits, value), number));
}

bool
IsIntegerInFloat(int64 number, double stored)
{
	constexpr double kBeyond = 9223372036854775808.0;
	return stored >= -kBeyond && stored < kBeyond && static_cast<int64>(stored) == number;
}

bool
IsSameFloat(double given, double stored)
{
	return given == stored || (std::isnan(given) && std::isnan(stored));
}

bool
IsFloatInNumeric(Oid from, Datum given, Datum number)
{
	return from == FLOAT4OID
			   ? IsSameFloat(DatumGetFloat4(given), DatumGetFloat4(DirectFunctionCall1(numeric_float4, number)))
			   : IsSameFloat(DatumGetFloat8(given),
							 DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, number)));
}

bool
IsSameNumber(Oid from, Datum given, Oid to, Datum stored)
{
	if (IsFloat(to)) {
		return IsFloat(from)		? IsSameFloat(FloatOf(from, given), FloatOf(to, stored))
			   : from == NUMERICOID ? IsNumericInFloat(given, to, stored)
									: IsIntegerInFloat(IntegerOf(from, given), FloatOf(to, stored));
	}
	if (IsFloat(from)) {
		return to == NUMERICOID ? IsFloatInNumeric(from, given, stored)
								: IsSameFloat(FloatOf(from, given), static_cast<double>(IntegerOf(to, stored)));
	}
	return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericOf(from, given), NumericOf(to, stored)));
}

bool
IsSameInterval(const Interval *one, const Interval *other)
{
	return one->month == other->month && one->day == other->day && one->time == other->time;
}

bool
IsSameTimetz(const TimeTzADT *one, const TimeTzADT *other)
{
	return one->time == other->time && one->zone == other->zone;
}

// A stored timestamp, in the type that was given.
Datum
BackToTimestamp(Oid from, Oid to, Datum stored)
{
	bool const wants_zone = from == TIMESTAMPTZOID;
	switch (to) {
	case DATEOID:
		return DirectFunctionCall1(wants_zone ? date_timestamptz : date_timestamp, stored);
	case TIMESTAMPOID:
		return wants_zone ? DirectFunctionCall1(timestamp_timestamptz, stored) : stored;
	default:
		return wants_zone ? stored : DirectFunctionCall1(timestamptz_timestamp, stored);
	}
}

bool
IsSameTime(Oid from, Datum given, Oid to, Datum stored)
{
	switch (from) {
	case TIMESTAMPOID:
	case TIMESTAMPTZOID:
		return to != TIMEOID && to != TIMETZOID &&
			   DatumGetTimestamp(given) == DatumGetTimestamp(BackToTimestamp(from, to, stored));
	case TIMEOID:
		return DatumGetTimeADT(given) == (to == INTERVALOID ? DatumGetIntervalP(stored)->time
										  : to == TIMETZOID ? DatumGetTimeTzADTP(stored)->time
															: DatumGetTimeADT(stored));
	case TIMETZOID: {
		Datum const back = to == TIMEOID ? DirectFunctionCall1(time_timetz, stored) : stored;
		return IsSameTimetz(DatumGetTimeTzADTP(given), DatumGetTimeTzADTP(back));
	}
	case INTERVALOID: {
		Datum const back = to == TIMEOID ? DirectFunctionCall1(time_interval, stored) : stored;
		return IsSameInterval(DatumGetIntervalP(given), DatumGetIntervalP(back));
	}
	default: // a date
		return true;
	}
}

Bytes
BytesOf(Oid type, Datum value)
{
	switch (type) {
	case TEXTOID:
	case VARCHAROID:
	case BPCHAROID:
	case JSONOID:
	case XMLOID: {
		const auto *text = reinterpret_cast<const struct varlena *>(PG_DETOAST_DATUM_PACKED(value));
		return {VARDATA_ANY(text), static_cast<int>(VARSIZE_ANY_EXHDR(text))};
	}
	case NAMEOID: {
		const char *name = NameStr(*DatumGetName(value));
		return {name, static_cast<int>(strlen(name))};
	}
	default: {
		Oid function;
		bool is_varlena;
		getTypeOutputInfo(type, &function, &is_varlena);
		const char *text = OidOutputFunctionCall(function, value);
		return {text, static_cast<int>(strlen(text))};
	}
	}
}

bool
IsSameText(Oid from, Datum given, Oid to, Datum stored)
{
	Bytes text = BytesOf(from, given);
	if (from == BPCHAROID) {
		text = text.WithoutBlanks();
	}
	if (to == CHAROID) {
		char const byte = DatumGetChar(stored);
		return text.length == 0 ? byte == '\0' : text.length == 1 && text.data[0] == byte;
	}
	Bytes const kept = BytesOf(to, stored);
	return text.Equals(kept) || (to == BPCHAROID && text.Equals(kept.WithoutBlanks()));
}

bool
IsSameArray(Oid from, ArrayType *given, Oid to, ArrayType *stored)
{
	struct Elements {
		Oid type;
		Datum *values;
		bool *nulls;
		int count;
	};
	Elements both[2];
	ArrayType *const arrays[] = {given, stored};
	for (int i = 0; i < 2; ++i) {
		int16 length;
		bool by_value;
		char alignment;
		Oid const element = ARR_ELEMTYPE(arrays[i]);
		get_typlenbyvalalign(element, &length, &by_value, &alignment);
		deconstruct_array(arrays[i], element, length, by_value, alignment, &both[i].values, &both[i].nulls,
						  &both[i].count);
		both[i].type = getBaseType(element);
	}
	bool same = both[0].count == both[1].count;
	for (int i = 0; same && i < both[0].count; ++i) {
		same = both[0].nulls[i] || IsSameValue(both[0].type, both[0].values[i], both[1].type, both[1].values[i]);
	}
	return same;
}

} // namespace

bool
IsSameValue(Oid from, Datum given, Oid to, Datum stored)
{
	check_stack_depth();
	if (IsNumber(from) && IsNumber(to)) {
		return IsSameNumber(from, given, to, stored);
	}
	if (IsTime(from) && IsTime(to)) {
		return IsSameTime(from, given, to, stored);
	}
	if (IsCharacters(to)) {
		return IsSameText(from, given, to, stored);
	}
	if (from == INETOID && to == CIDROID) {
		return DatumGetBool(DirectFunctionCall2(network_eq, given, stored));
	}
	if (OidIsValid(get_element_type(from)) && OidIsValid(get_element_type(to))) {
		return IsSameArray(from, DatumGetArrayTypeP(given), to, DatumGetArrayTypeP(stored));
	}
	return true;
}

} // namespace sluice::engine::leaf
