// A sample of the rows that a direct writer stores, each row with the same chance, taken while they pass: Vitter's
// algorithm Z by the server's own functions (utils/sampling.h; J. S. Vitter, Random Sampling with a Reservoir, ACM
// TOMS 11, 1985), as ANALYZE takes its own.
#pragma once

#include "pg/prelude.hpp"

extern "C" {
#include "utils/sampling.h"
}

namespace sluice::engine::leaf {

struct RowSample {
	int wanted;
	int count;
	HeapTuple *rows;
	double seen; // rows that were offered, without those that are still skipped
	double skip; // rows to pass over next
	bool given_up;
	ReservoirStateData state;
	MemoryContext memory;
};

void OpenRowSample(RowSample *sample, int wanted);
void TakeRow(RowSample *sample, HeapTupleHeader tuple, Size length);

// A row as it lies on its page, its own place in t_ctid.
inline void
OfferRow(RowSample *sample, HeapTupleHeader tuple, Size length)
{
	if (sample->skip > 0) {
		sample->skip -= 1;
		return;
	}
	TakeRow(sample, tuple, length);
}

// In the order of the table. Nothing more can be offered.
void SortRowSample(RowSample *sample);

} // namespace sluice::engine::leaf
