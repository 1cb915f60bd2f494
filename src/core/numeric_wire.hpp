// numeric from its form on the wire, or from text, to the one it is stored in. Plain data and no allocation, for the
// hot loops of decoders.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace sluice {

// How many 16-bit words the stored form takes, without its length word; 0: the receive function has to do it, because
// the value is rare (NaN, infinite, very large or small, more digits than its scale), does not fit the modifier as it
// is, or is no numeric at all.
int NumericWords(const char *data, int length, int32_t modifier);

// Writes that many words. False, with words half written, where only the receive function can tell.
bool NumericFromWire(const char *data, int words, char *stored);

// "-12.340", without an exponent: writes the words of the stored form, at most kMaxTextWords and never more than
// length / 4 + 3. Returns how many, 0 for what is none or has more than kMaxTextDigits.
inline constexpr int kMaxTextDigits = 120;
inline constexpr int kMaxTextWords = kMaxTextDigits / 4 + 3;
int NumericFromText(const char *text, size_t length, char *stored);

// The length word of a stored value that is neither compressed nor short: four bytes that count themselves.
constexpr uint32_t
StoredLength(uint32_t size)
{
	return std::endian::native == std::endian::little ? size << 2 : size;
}

} // namespace sluice
