#include "engine/source/mysql/mysql_type.hpp"

namespace sluice::engine {

namespace {

using leaf::MysqlFilterKind;
using leaf::MysqlKind;

constexpr uint16 kBinaryCharset = 63;
constexpr unsigned kBytesPerCharacter = 4; // of utf8mb4, in which the server counts
constexpr uint32 kLongestVarchar = 10485760;
constexpr uint32 kLongestBit = 64;

MysqlFilterKind
FilterKind(MysqlKind kind)
{
	switch (kind) {
	case MysqlKind::Tiny:
	case MysqlKind::UnsignedTiny:
	case MysqlKind::Short:
	case MysqlKind::UnsignedShort:
	case MysqlKind::Long:
	case MysqlKind::UnsignedLong:
	case MysqlKind::Longlong:
	case MysqlKind::UnsignedLonglong:
	case MysqlKind::Float:
	case MysqlKind::Double:
	case MysqlKind::Decimal:
		return MysqlFilterKind::Number;
	case MysqlKind::Date:
		return MysqlFilterKind::Date;
	case MysqlKind::Datetime:
		return MysqlFilterKind::Datetime;
	case MysqlKind::Text:
	case MysqlKind::Varchar:
	case MysqlKind::Bpchar:
		return MysqlFilterKind::Text;
	default:
		return MysqlFilterKind::None;
	}
}

MysqlColumnType
Plain(Oid type, MysqlKind kind)
{
	return {type, -1, kind, false, FilterKind(kind)};
}

// Digits of a table's column; those of expressions are guesses of the server's.
int32
DecimalModifier(const leaf::MysqlField &field)
{
	constexpr int kMostDigits = 65;
	int const point_and_sign = (field.decimals > 0 ? 1 : 0) + ((field.flags & mysql::kUnsigned) != 0 ? 0 : 1);
	int const digits = static_cast<int>(std::min<uint32>(field.length, kMostDigits + 2)) - point_and_sign;
	bool const known = field.of_table && digits >= std::max<int>(field.decimals, 1) && digits <= kMostDigits;
	return known ? ((digits << 16) | field.decimals) + VARHDRSZ : -1;
}

// Of the seconds of a table's column.
int32
FractionModifier(const leaf::MysqlField &field, bool of_interval)
{
	if (!field.of_table || field.decimals >= MAX_TIMESTAMP_PRECISION) {
		return -1;
	}
	return of_interval ? INTERVAL_TYPMOD(field.decimals, INTERVAL_FULL_RANGE) : field.decimals;
}

MysqlColumnType
With(int32 modifier, MysqlColumnType type)
{
	type.typmod = modifier;
	return type;
}

MysqlColumnType
Characters(const leaf::MysqlField &field)
{
	if ((field.flags & (mysql::kEnum | mysql::kSet)) != 0) {
		return {TEXTOID, -1, MysqlKind::Text, true, MysqlFilterKind::Labels};
	}
	std::string_view const extended = field.type_name;
	if (extended == "uuid") {
		return Plain(UUIDOID, MysqlKind::Input);
	}
	if (extended == "inet4" || extended == "inet6") {
		return Plain(INETOID, MysqlKind::Input);
	}
	if (field.charset == kBinaryCharset) {
		return Plain(BYTEAOID, MysqlKind::Bytea);
	}
	// The lengths of expressions are guesses of the server's.
	auto const length = static_cast<int>(std::min<uint32>(field.length / kBytesPerCharacter, kLongestVarchar));
	bool const of_table = field.of_table && length > 0;
	if (of_table && field.type == mysql::Type::String) {
		return {BPCHAROID, length + VARHDRSZ, MysqlKind::Bpchar, false, MysqlFilterKind::Text};
	}
	if (of_table && (field.type == mysql::Type::VarString || field.type == mysql::Type::Varchar)) {
		return {VARCHAROID, length + VARHDRSZ, MysqlKind::Varchar, false, MysqlFilterKind::Text};
	}
	return Plain(TEXTOID, MysqlKind::Text);
}

} // namespace

MysqlColumnType
MapMysqlType(const leaf::MysqlField &field, bool time_is_interval)
{
	bool const is_unsigned = (field.flags & mysql::kUnsigned) != 0;
	switch (field.type) {
	case mysql::Type::Tiny:
		return Plain(INT2OID, is_unsigned ? MysqlKind::UnsignedTiny : MysqlKind::Tiny);
	case mysql::Type::Short:
		return is_unsigned ? Plain(INT4OID, MysqlKind::UnsignedShort) : Plain(INT2OID, MysqlKind::Short);
	case mysql::Type::Year: // which is compared with numbers of two digits in a way of its own
		return {INT2OID, -1, MysqlKind::Short, false, MysqlFilterKind::None};
	case mysql::Type::Int24: // even unsigned ones fit
		return Plain(INT4OID, MysqlKind::Long);
	case mysql::Type::Long:
		return is_unsigned ? Plain(INT8OID, MysqlKind::UnsignedLong) : Plain(INT4OID, MysqlKind::Long);
	case mysql::Type::Longlong:
		return is_unsigned ? Plain(NUMERICOID, MysqlKind::UnsignedLonglong) : Plain(INT8OID, MysqlKind::Longlong);
	case mysql::Type::Float:
		return Plain(FLOAT4OID, MysqlKind::Float);
	case mysql::Type::Double:
		return Plain(FLOAT8OID, MysqlKind::Double);
	case mysql::Type::Decimal:
	case mysql::Type::NewDecimal:
		return With(DecimalModifier(field), Plain(NUMERICOID, MysqlKind::Decimal));
	case mysql::Type::Date:
	case mysql::Type::NewDate:
		return Plain(DATEOID, MysqlKind::Date);
	case mysql::Type::Datetime:
	case mysql::Type::Datetime2:
		return With(FractionModifier(field, false), Plain(TIMESTAMPOID, MysqlKind::Datetime));
	case mysql::Type::Timestamp:
	case mysql::Type::Timestamp2:
		return With(FractionModifier(field, false), Plain(TIMESTAMPTZOID, MysqlKind::Timestamp));
	case mysql::Type::Time:
	case mysql::Type::Time2:
		return With(FractionModifier(field, time_is_interval),
					time_is_interval ? Plain(INTERVALOID, MysqlKind::Interval) : Plain(TIMEOID, MysqlKind::Time));
	case mysql::Type::Bit: {
		int const length = static_cast<int>(std::clamp<uint32>(field.length, 1, kLongestBit));
		return {BITOID, length, MysqlKind::Bit, false, MysqlFilterKind::None};
	}
	case mysql::Type::Json:
		return Plain(JSONOID, MysqlKind::Input);
	case mysql::Type::Geometry:
		return Plain(BYTEAOID, MysqlKind::Bytea);
	case mysql::Type::Vector:
		return Plain(FLOAT4ARRAYOID, MysqlKind::Vector);
	case mysql::Type::Null:
		return Plain(TEXTOID, MysqlKind::Text);
	default:
		return Characters(field);
	}
}

} // namespace sluice::engine
