// Values of MySQL's binary protocol that take more than a load from memory. Leaf regime.
#pragma once

#include "core/mysql_wire.hpp"
#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Days or microseconds from 2000-01-01; false for a date that no calendar has, 0000-00-00 among them.
bool MomentToDate(const MysqlMoment *moment, int32 *date);
bool MomentToTimestamp(const MysqlMoment *moment, Timestamp *timestamp);
// "-123.450"; the value is palloc'd. False: not a decimal number.
bool NumericFromDecimal(const char *text, Size length, Datum *value);
Datum NumericFromUnsigned(uint64 value);
// bit(bits) from its bytes, most significant first. False: not that many.
// real[] of a VECTOR: count floats, the least significant byte first.
Datum ArrayFromVector(const unsigned char *data, Size count);
bool BitFromBytes(const unsigned char *data, Size length, int bits, Datum *value);

} // namespace sluice::engine::leaf
