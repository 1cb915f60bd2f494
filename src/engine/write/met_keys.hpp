// Keys that were looked up and found a moment ago, by their bytes: many rows refer to few. Of a fixed size; one that is
// met later takes the place of another.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct MetKey {
	uint8 length; // 0: none
	uint8 bytes[31];
};

constexpr int kMetKeys = 32 * 1024;

struct MetKeys {
	MetKey list[kMetKeys];
};

// The values of the columns of one row, none of them null. False where they are too long to be kept.
bool MakeKey(TupleDesc columns, int count, const Datum *values, MetKey *key);
bool IsMet(const MetKeys *keys, const MetKey *key);
void Meet(MetKeys *keys, const MetKey *key);

} // namespace sluice::engine::leaf
