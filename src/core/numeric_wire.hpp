// numeric from its form on the wire to the one it is stored in. Plain data and no allocation, for the decoder's hot
// loop.
#pragma once

#include <cstdint>

namespace sluice {

// How many 16-bit words the stored form takes, without its length word; 0: the receive function has to do it, because
// the value is rare (NaN, infinite, very large or small, more digits than its scale), does not fit the modifier as it
// is, or is no numeric at all.
int NumericWords(const char *data, int length, int32_t modifier);

// Writes that many words. False, with words half written, where only the receive function can tell.
bool NumericFromWire(const char *data, int words, char *stored);

} // namespace sluice
