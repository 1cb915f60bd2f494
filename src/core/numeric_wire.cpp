#include "core/numeric_wire.hpp"

#include <array>
#include <cstring>

#include "core/ascii.hpp"
#include "core/copy_wire.hpp"

namespace sluice {

namespace {

// The stored form, the same in all supported versions and on disk (PostgreSQL's utils/adt/numeric.c, NumericShort):
// one header of sign, scale and weight, then digits to the base of 10000.
constexpr int kDigitsPerGroup = 4;
constexpr int kBase = 10000;
constexpr uint16_t kWirePositive = 0x0000;
constexpr uint16_t kWireNegative = 0x4000;
constexpr uint16_t kShort = 0x8000;
constexpr uint16_t kShortNegative = 0x2000;
constexpr int kShortScaleShift = 7;
constexpr int kShortMaxScale = 63;
constexpr uint16_t kShortWeightSign = 0x0040;
constexpr uint16_t kShortWeightMask = 0x003F;
constexpr int kShortMaxWeight = 63;
constexpr int kWireHeader = 8;
constexpr int32_t kModifierOffset = 4; // VARHDRSZ
constexpr std::array<int, kDigitsPerGroup> kPowersOfTen = {1, 10, 100, 1000};

struct Header {
	int groups;
	int weight;
	uint16_t sign;
	int scale;
};

Header
ReadHeader(const char *data)
{
	return {WireInt16(data), static_cast<int16_t>(WireInt16(data + 2)), WireInt16(data + 4), WireInt16(data + 6)};
}

// Whether the modifier would leave such a value alone; may say no for one that it would.
bool
FitsModifier(int32_t modifier, const Header &header)
{
	if (modifier < kModifierOffset) {
		return true;
	}
	int const precision = ((modifier - kModifierOffset) >> 16) & 0xFFFF;
	int const scale = (((modifier - kModifierOffset) & 0x7FF) ^ 1024) - 1024;
	return header.scale == scale && (header.groups == 0 || (header.weight + 1) * kDigitsPerGroup <= precision - scale);
}

uint16_t
ShortHeader(bool negative, int scale, int weight)
{
	return static_cast<uint16_t>(kShort | (negative ? kShortNegative : 0) | (scale << kShortScaleShift) |
								 (weight < 0 ? kShortWeightSign : 0) |
								 (static_cast<uint16_t>(weight) & kShortWeightMask));
}

// Groups of four digits on their way into the stored form, without zeros at either end.
struct GroupWriter {
	char *stored;
	int count;
	int weight; // of the first group
	int last;	// groups up to the last one that is not zero

	void Put(int group)
	{
		if (count == 0 && group == 0) {
			--weight;
			return;
		}
		auto const word = static_cast<uint16_t>(group);
		++count;
		std::memcpy(stored + sizeof(word) * count, &word, sizeof(word));
		last = group != 0 ? count : last;
	}
};

// As many digits as there are; their number.
int
CountDigits(const char *at, const char *end)
{
	const char *const start = at;
	while (at < end && IsDigit(*at)) {
		++at;
	}
	return static_cast<int>(at - start);
}

} // namespace

int
NumericWords(const char *data, int length, int32_t modifier)
{
	if (length < kWireHeader) {
		return 0;
	}
	Header const header = ReadHeader(data);
	if (length != kWireHeader + header.groups * 2 || (header.sign != kWirePositive && header.sign != kWireNegative) ||
		header.scale > kShortMaxScale || header.weight > kShortMaxWeight || header.weight < -kShortMaxWeight ||
		!FitsModifier(modifier, header)) {
		return 0;
	}
	if (header.groups == 0 && (header.weight != 0 || header.sign != kWirePositive)) {
		return 0;
	}
	return 1 + header.groups;
}

bool
NumericFromWire(const char *data, int words, char *stored)
{
	Header const header = ReadHeader(data);
	int const groups = words - 1;
	uint16_t const first = ShortHeader(header.sign == kWireNegative, header.scale, header.weight);
	std::memcpy(stored, &first, sizeof(first));
	uint16_t group = 0;
	for (int i = 0; i < groups; ++i) {
		group = WireInt16(data + kWireHeader + i * 2);
		if (group >= kBase || (i == 0 && group == 0)) {
			return false;
		}
		std::memcpy(stored + sizeof(uint16_t) * (1 + i), &group, sizeof(group));
	}
	if (groups > 0) {
		// Digits behind the scale would have to be cut off.
		int const behind = (groups - header.weight - 1) * kDigitsPerGroup - header.scale;
		if (group == 0 || behind >= kDigitsPerGroup || (behind > 0 && group % kPowersOfTen[behind] != 0)) {
			return false;
		}
	}
	return true;
}

int
NumericFromText(const char *text, size_t length, char *stored)
{
	bool const negative = length > 0 && text[0] == '-';
	const char *whole = text + (negative ? 1 : 0);
	const char *const end = text + length;
	// A sign, a point and the digits.
	if (length > kMaxTextDigits + 2) {
		return 0;
	}
	int whole_digits = CountDigits(whole, end);
	const char *fraction = whole + whole_digits;
	fraction += fraction < end && *fraction == '.' ? 1 : 0;
	int const scale = CountDigits(fraction, end);
	if (fraction + scale != end || whole_digits + scale == 0 || whole_digits + scale > kMaxTextDigits ||
		scale > kShortMaxScale) {
		return 0;
	}
	while (whole_digits > 0 && *whole == '0') {
		++whole;
		--whole_digits;
	}

	GroupWriter groups{stored, 0, (whole_digits + kDigitsPerGroup - 1) / kDigitsPerGroup - 1, 0};
	int group = 0;
	for (int left = whole_digits - 1; left >= 0; --left) {
		group = group * 10 + (*whole++ - '0');
		if (left % kDigitsPerGroup == 0) {
			groups.Put(group);
			group = 0;
		}
	}
	for (int i = 0; i < scale; ++i) {
		group = group * 10 + (*fraction++ - '0');
		if (i % kDigitsPerGroup == kDigitsPerGroup - 1) {
			groups.Put(group);
			group = 0;
		}
	}
	if (scale % kDigitsPerGroup != 0) {
		groups.Put(group * kPowersOfTen[kDigitsPerGroup - scale % kDigitsPerGroup]);
	}
	uint16_t const first = ShortHeader(negative && groups.last > 0, scale, groups.last > 0 ? groups.weight : 0);
	std::memcpy(stored, &first, sizeof(first));
	return 1 + groups.last;
}

} // namespace sluice
