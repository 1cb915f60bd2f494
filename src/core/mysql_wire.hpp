// Rows of MySQL's binary protocol (its documentation, "Binary Protocol Resultset Row"). What comes over the wire is not
// trusted: every length is checked here, before anything looks at a value. Plain data and no allocation, for the
// decoder's hot loop.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice {

// What is left of one row.
struct MysqlCursor {
	const unsigned char *at;
	const unsigned char *end;

	size_t Left() const { return static_cast<size_t>(end - at); }
};

// NULL, or what is wrong with the row, as a sentence for an error's detail.
using WireFault = const char *;

// Numbers travel with the least significant byte first.
template <typename T>
T
MysqlNumber(const unsigned char *data)
{
	unsigned char bytes[sizeof(T)];
	std::memcpy(bytes, data, sizeof(T));
	if constexpr (std::endian::native == std::endian::big) {
		std::reverse(bytes, bytes + sizeof(T));
	}
	T value;
	std::memcpy(&value, bytes, sizeof(T));
	return value;
}

// A row begins with a zero byte and a bit per column that says NULL, after two that mean nothing; then come the values.
inline WireFault
TakeMysqlRow(MysqlCursor *cursor, int columns, const unsigned char **nulls)
{
	constexpr int kUnusedBits = 2;
	size_t const bitmap = (static_cast<size_t>(columns) + kUnusedBits + 7) / 8;
	if (cursor->Left() < 1 + bitmap || *cursor->at != 0) {
		return "The row has no beginning.";
	}
	*nulls = cursor->at + 1;
	cursor->at += 1 + bitmap;
	return nullptr;
}

inline bool
IsMysqlNull(const unsigned char *nulls, int column)
{
	int const bit = column + 2;
	return (nulls[bit / 8] >> bit % 8 & 1) != 0;
}

inline WireFault
TakeMysqlFixed(MysqlCursor *cursor, size_t length, const unsigned char **data)
{
	if (length > cursor->Left()) {
		return "A value is longer than its row.";
	}
	*data = cursor->at;
	cursor->at += length;
	return nullptr;
}

// A value after its length: a byte, or a mark and two, three or eight bytes.
inline WireFault
TakeMysqlString(MysqlCursor *cursor, const unsigned char **data, size_t *length)
{
	const unsigned char *mark = nullptr;
	if (WireFault const fault = TakeMysqlFixed(cursor, 1, &mark); fault != nullptr) {
		return fault;
	}
	size_t const bytes = *mark == 252 ? 2 : *mark == 253 ? 3 : *mark == 254 ? 8 : 0;
	if (*mark == 251 || *mark == 255) {
		return "A value has no length.";
	}
	*length = *mark;
	if (bytes > 0) {
		const unsigned char *number = nullptr;
		if (WireFault const fault = TakeMysqlFixed(cursor, bytes, &number); fault != nullptr) {
			return fault;
		}
		unsigned char padded[8] = {};
		std::memcpy(padded, number, bytes);
		*length = MysqlNumber<uint64_t>(padded);
	}
	return TakeMysqlFixed(cursor, *length, data);
}

inline WireFault
EndMysqlRow(const MysqlCursor *cursor)
{
	return cursor->Left() == 0 ? nullptr : "The row goes on after its last value.";
}

// A date and time as it travels: fields that were not sent are zero.
struct MysqlMoment {
	int year;
	int month;
	int day;
	int hour;
	int minute;
	int second;
	int microsecond;
};

struct MysqlSpan {
	bool negative;
	int64_t microseconds;
};

// What follows the length byte. False: not of that form. Whether the calendar has the date is not asked.
bool ReadMysqlMoment(const unsigned char *data, size_t length, MysqlMoment *moment);
bool ReadMysqlSpan(const unsigned char *data, size_t length, MysqlSpan *span);

} // namespace sluice
