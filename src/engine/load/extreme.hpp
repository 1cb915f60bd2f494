// Leaf: the greatest or least value of integer columns, found while batches pass.
#pragma once

#include "engine/rows/batch.hpp"

namespace sluice::engine::leaf {

struct Extreme {
	int attribute; // index in the batch's rows
	Oid type;	   // int2, int4 or int8
	bool least;	   // in place of the greatest
	// What is outside counts for nothing.
	int64 minimum;
	int64 maximum;
	bool any;
	int64 value;
};

void SeeBatch(const Batch *batch, Extreme *extremes, int count);

} // namespace sluice::engine::leaf
