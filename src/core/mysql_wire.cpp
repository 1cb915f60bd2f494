#include "core/mysql_wire.hpp"

#include <array>

namespace sluice {

namespace {

constexpr int kDigitsPerGroup = 4;
constexpr int kMaxGroups = kMaxDecimalDigits / kDigitsPerGroup + 2;
constexpr int kHours = 24;
constexpr int kSixty = 60;
constexpr int64_t kSecond = 1'000'000;

void
PutShort(char *at, int value)
{
	auto const word = static_cast<uint16_t>(value);
	at[0] = static_cast<char>(word >> 8);
	at[1] = static_cast<char>(word & 0xFF);
}

bool
AllDigits(const char *text, int length)
{
	for (int i = 0; i < length; ++i) {
		if (text[i] < '0' || text[i] > '9') {
			return false;
		}
	}
	return true;
}

// Four digits from place `first`, which may begin before the text or end behind it: zeros there.
int
Group(const char *digits, int length, int first)
{
	int value = 0;
	for (int i = first; i < first + kDigitsPerGroup; ++i) {
		value = value * 10 + (i >= 0 && i < length ? digits[i] - '0' : 0);
	}
	return value;
}

} // namespace

bool
ReadMysqlMoment(const unsigned char *data, size_t length, MysqlMoment *moment)
{
	*moment = {};
	if (length != 0 && length != 4 && length != 7 && length != 11) {
		return false;
	}
	if (length >= 4) {
		moment->year = MysqlNumber<uint16_t>(data);
		moment->month = data[2];
		moment->day = data[3];
	}
	if (length >= 7) {
		moment->hour = data[4];
		moment->minute = data[5];
		moment->second = data[6];
	}
	uint32_t const microsecond = length == 11 ? MysqlNumber<uint32_t>(data + 7) : 0;
	moment->microsecond = static_cast<int>(microsecond);
	return microsecond < kSecond && moment->hour < kHours && moment->minute < kSixty && moment->second < kSixty;
}

bool
ReadMysqlSpan(const unsigned char *data, size_t length, MysqlSpan *span)
{
	constexpr uint32_t kMostDays = 1000; // the longest time is 838:59:59
	*span = {};
	if (length == 0) {
		return true;
	}
	if (length != 8 && length != 12) {
		return false;
	}
	uint32_t const days = MysqlNumber<uint32_t>(data + 1);
	uint32_t const microsecond = length == 12 ? MysqlNumber<uint32_t>(data + 8) : 0;
	if (data[0] > 1 || days > kMostDays || data[5] >= kHours || data[6] >= kSixty || data[7] >= kSixty ||
		microsecond >= kSecond) {
		return false;
	}
	span->negative = data[0] == 1;
	int64_t const hours = static_cast<int64_t>(days) * kHours + data[5];
	span->microseconds = ((hours * kSixty + data[6]) * kSixty + data[7]) * kSecond + microsecond;
	return true;
}

int
DecimalToNumericWire(const char *text, size_t length, char *wire)
{
	bool const negative = length > 0 && text[0] == '-';
	const char *whole = text + (negative ? 1 : 0);
	auto const rest = static_cast<int>(std::min<size_t>(length - (negative ? 1 : 0), kMaxDecimalDigits + 1));
	const auto *const point = static_cast<const char *>(std::memchr(whole, '.', rest));
	int whole_length = point != nullptr ? static_cast<int>(point - whole) : rest;
	const char *const fraction = point != nullptr ? point + 1 : whole + rest;
	int const scale = rest - whole_length - (point != nullptr ? 1 : 0);
	if (rest > kMaxDecimalDigits || whole_length + scale == 0 || !AllDigits(whole, whole_length) ||
		!AllDigits(fraction, scale)) {
		return 0;
	}
	while (whole_length > 0 && *whole == '0') {
		++whole;
		--whole_length;
	}

	// The form in which a server sends it: groups of four digits around the point, without zeros at either end.
	std::array<int, kMaxGroups> groups{};
	int const whole_groups = (whole_length + kDigitsPerGroup - 1) / kDigitsPerGroup;
	int const fraction_groups = (scale + kDigitsPerGroup - 1) / kDigitsPerGroup;
	int first = 0;
	int count = 0;
	for (int i = 0; i < whole_groups; ++i) {
		groups[count++] = Group(whole, whole_length, whole_length - (whole_groups - i) * kDigitsPerGroup);
	}
	for (int i = 0; i < fraction_groups; ++i) {
		groups[count++] = Group(fraction, scale, i * kDigitsPerGroup);
	}
	int weight = whole_groups - 1;
	while (first < count && groups[first] == 0) {
		++first;
		--weight;
	}
	while (count > first && groups[count - 1] == 0) {
		--count;
	}
	count -= first;
	PutShort(wire, count);
	PutShort(wire + 2, count > 0 ? weight : 0);
	PutShort(wire + 4, negative && count > 0 ? 0x4000 : 0);
	PutShort(wire + 6, scale);
	for (int i = 0; i < count; ++i) {
		PutShort(wire + 8 + 2 * i, groups[first + i]);
	}
	return 8 + 2 * count;
}

} // namespace sluice
