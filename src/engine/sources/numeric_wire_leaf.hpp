// numeric from its wire form, without the receive function's call per digit.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Makes the stored form of a value that is exactly as a server sends it: digits in range and stripped of
// zeros, within the modifier. False for everything else (NaN, infinity, odd or wrong input), which is the
// receive function's business. The value is palloc'd.
bool NumericFromWire(const char *data, int length, int32 modifier, Datum *value);

} // namespace sluice::engine::leaf
