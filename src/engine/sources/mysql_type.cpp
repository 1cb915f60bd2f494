#include "engine/sources/mysql_type.hpp"

namespace sluice::engine {

namespace {

using leaf::MysqlKind;

constexpr unsigned kBinaryCharset = 63;
constexpr unsigned kBytesPerCharacter = 4; // of utf8mb4, in which the server counts
constexpr int kLongestVarchar = 10485760;
constexpr int kLongestBit = 64;

// What MariaDB says beyond the protocol's types; empty when it says nothing.
std::string_view
ExtendedType(const MYSQL_FIELD &field)
{
	MARIADB_CONST_STRING name{};
	if (mariadb_field_attr(&name, &field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME) != 0 || name.str == nullptr) {
		return {};
	}
	return {name.str, name.length};
}

MysqlColumnType
Plain(Oid type, MysqlKind kind)
{
	return {type, -1, kind, false};
}

MysqlColumnType
Characters(const MYSQL_FIELD &field)
{
	if ((field.flags & (ENUM_FLAG | SET_FLAG)) != 0) {
		return {TEXTOID, -1, MysqlKind::Text, true};
	}
	std::string_view const extended = ExtendedType(field);
	if (extended == "uuid") {
		return Plain(UUIDOID, MysqlKind::Input);
	}
	if (extended == "inet4" || extended == "inet6") {
		return Plain(INETOID, MysqlKind::Input);
	}
	if (field.charsetnr == kBinaryCharset) {
		return Plain(BYTEAOID, MysqlKind::Bytea);
	}
	// The lengths of expressions are guesses of the server's.
	auto const length = static_cast<int>(std::min<unsigned long>(field.length / kBytesPerCharacter, kLongestVarchar));
	bool const of_table = field.org_table_length > 0 && length > 0;
	if (of_table && field.type == MYSQL_TYPE_STRING) {
		return {BPCHAROID, length + VARHDRSZ, MysqlKind::Bpchar, false};
	}
	if (of_table && (field.type == MYSQL_TYPE_VAR_STRING || field.type == MYSQL_TYPE_VARCHAR)) {
		return {VARCHAROID, length + VARHDRSZ, MysqlKind::Varchar, false};
	}
	return Plain(TEXTOID, MysqlKind::Text);
}

} // namespace

MysqlColumnType
MapMysqlType(const MYSQL_FIELD &field, bool time_is_interval)
{
	bool const is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
	switch (field.type) {
	case MYSQL_TYPE_TINY:
		return Plain(INT2OID, is_unsigned ? MysqlKind::UnsignedTiny : MysqlKind::Tiny);
	case MYSQL_TYPE_SHORT:
		return is_unsigned ? Plain(INT4OID, MysqlKind::UnsignedShort) : Plain(INT2OID, MysqlKind::Short);
	case MYSQL_TYPE_YEAR:
		return Plain(INT2OID, MysqlKind::Short);
	case MYSQL_TYPE_INT24: // even unsigned ones fit
		return Plain(INT4OID, MysqlKind::Long);
	case MYSQL_TYPE_LONG:
		return is_unsigned ? Plain(INT8OID, MysqlKind::UnsignedLong) : Plain(INT4OID, MysqlKind::Long);
	case MYSQL_TYPE_LONGLONG:
		return is_unsigned ? Plain(NUMERICOID, MysqlKind::UnsignedLonglong) : Plain(INT8OID, MysqlKind::Longlong);
	case MYSQL_TYPE_FLOAT:
		return Plain(FLOAT4OID, MysqlKind::Float);
	case MYSQL_TYPE_DOUBLE:
		return Plain(FLOAT8OID, MysqlKind::Double);
	case MYSQL_TYPE_DECIMAL:
	case MYSQL_TYPE_NEWDECIMAL:
		return Plain(NUMERICOID, MysqlKind::Decimal);
	case MYSQL_TYPE_DATE:
	case MYSQL_TYPE_NEWDATE:
		return Plain(DATEOID, MysqlKind::Date);
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_DATETIME2:
		return Plain(TIMESTAMPOID, MysqlKind::Datetime);
	case MYSQL_TYPE_TIMESTAMP:
	case MYSQL_TYPE_TIMESTAMP2:
		return Plain(TIMESTAMPTZOID, MysqlKind::Timestamp);
	case MYSQL_TYPE_TIME:
	case MYSQL_TYPE_TIME2:
		return time_is_interval ? Plain(INTERVALOID, MysqlKind::Interval) : Plain(TIMEOID, MysqlKind::Time);
	case MYSQL_TYPE_BIT: {
		int const length =
			std::clamp(static_cast<int>(std::min<unsigned long>(field.length, kLongestBit)), 1, kLongestBit);
		return {BITOID, length, MysqlKind::Bit, false};
	}
	case MYSQL_TYPE_JSON:
		return Plain(JSONOID, MysqlKind::Input);
	case MYSQL_TYPE_GEOMETRY:
		return Plain(BYTEAOID, MysqlKind::Bytea);
	case MYSQL_TYPE_NULL:
		return Plain(TEXTOID, MysqlKind::Text);
	default:
		return Characters(field);
	}
}

} // namespace sluice::engine
