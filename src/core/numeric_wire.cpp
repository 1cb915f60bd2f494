#include "core/numeric_wire.hpp"

#include <array>
#include <cstring>

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
	auto const first = static_cast<uint16_t>(
		kShort | (header.sign == kWireNegative ? kShortNegative : 0) | (header.scale << kShortScaleShift) |
		(header.weight < 0 ? kShortWeightSign : 0) | (static_cast<uint16_t>(header.weight) & kShortWeightMask));
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

} // namespace sluice
