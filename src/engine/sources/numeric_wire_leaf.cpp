#include "engine/sources/numeric_wire_leaf.hpp"

extern "C" {
#include "port/pg_bswap.h"
}

namespace sluice::engine::leaf {

namespace {

// The stored form, the same in all supported versions and on disk (utils/adt/numeric.c, NumericShort):
// one header of sign, scale and weight, then digits to the base of 10000.
constexpr int kDigitsPerGroup = 4;
constexpr int kBase = 10000;
constexpr uint16 kWirePositive = 0x0000;
constexpr uint16 kWireNegative = 0x4000;
constexpr uint16 kShort = 0x8000;
constexpr uint16 kShortNegative = 0x2000;
constexpr int kShortScaleShift = 7;
constexpr int kShortMaxScale = 63;
constexpr uint16 kShortWeightSign = 0x0040;
constexpr uint16 kShortWeightMask = 0x003F;
constexpr int kShortMaxWeight = 63;
constexpr int kWireHeader = 8;
constexpr std::array<int, kDigitsPerGroup> kPowersOfTen = {1, 10, 100, 1000};

uint16
ReadShort(const char *data)
{
	uint16 value;
	memcpy(&value, data, sizeof(value));
	return pg_ntoh16(value);
}

// Whether the modifier would leave such a value alone; may say no for one that it would.
bool
FitsModifier(int32 modifier, int groups, int weight, int scale)
{
	if (modifier < static_cast<int32>(VARHDRSZ)) {
		return true;
	}
	int const precision = ((modifier - VARHDRSZ) >> 16) & 0xFFFF;
	int const wanted_scale = (((modifier - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;
	return scale == wanted_scale && (groups == 0 || (weight + 1) * kDigitsPerGroup <= precision - wanted_scale);
}

} // namespace

bool
NumericFromWire(const char *data, int length, int32 modifier, Datum *value)
{
	if (length < kWireHeader) {
		return false;
	}
	int const groups = ReadShort(data);
	int const weight = static_cast<int16>(ReadShort(data + 2));
	uint16 const sign = ReadShort(data + 4);
	int const scale = ReadShort(data + 6);
	if (length != kWireHeader + groups * 2 || (sign != kWirePositive && sign != kWireNegative) ||
		scale > kShortMaxScale || weight > kShortMaxWeight || weight < -kShortMaxWeight ||
		!FitsModifier(modifier, groups, weight, scale)) {
		return false;
	}
	if (groups == 0 && (weight != 0 || sign != kWirePositive)) {
		return false;
	}

	Size const size = VARHDRSZ + sizeof(uint16) * (1 + groups);
	char *numeric = static_cast<char *>(palloc(size));
	SET_VARSIZE(numeric, size);
	uint16 const header = kShort | (sign == kWireNegative ? kShortNegative : 0) |
						  static_cast<uint16>(scale << kShortScaleShift) | (weight < 0 ? kShortWeightSign : 0) |
						  (static_cast<uint16>(weight) & kShortWeightMask);
	memcpy(numeric + VARHDRSZ, &header, sizeof(header));
	uint16 group = 0;
	for (int i = 0; i < groups; ++i) {
		group = ReadShort(data + kWireHeader + i * 2);
		if (group >= kBase || (i == 0 && group == 0)) {
			return false;
		}
		memcpy(numeric + VARHDRSZ + sizeof(uint16) * (1 + i), &group, sizeof(group));
	}
	if (groups > 0) {
		// Digits behind the scale would have to be cut off.
		int const behind = (groups - weight - 1) * kDigitsPerGroup - scale;
		if (group == 0 || behind >= kDigitsPerGroup || (behind > 0 && group % kPowersOfTen[behind] != 0)) {
			return false;
		}
	}
	*value = PointerGetDatum(numeric);
	return true;
}

} // namespace sluice::engine::leaf
