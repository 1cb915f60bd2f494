// The statistics that ANALYZE would write about a table's columns, from a sample taken while the table was loaded: the
// rows need not be read again. What is computed from the sample is computed by the server's own functions. Leaf code.
#pragma once

#include "engine/write/row_sample.hpp"

extern "C" {
#include "commands/vacuum.h"
}

namespace sluice::engine::leaf {

struct SampleStatistics {
	RowSample sample;
	Oid destination; // whose targets and overrides count
	int count;
	VacAttrStats **columns;
};

// NULL where ANALYZE has to do it: types with functions of their own, expressions in indexes, extended statistics.
SampleStatistics *OpenSampleStatistics(Relation destination);
// For a heap of the same columns that has no statistics yet and has all the rows that were offered. False: nothing was
// stored, because the sample became too large.
bool StoreSampleStatistics(SampleStatistics *statistics, Oid heap, double rows);

} // namespace sluice::engine::leaf
