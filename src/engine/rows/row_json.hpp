// Rows of a batch as JSON objects, for people.
//
// Leaf regime.
#pragma once

#include "engine/rows/batch.hpp"

namespace sluice::engine::leaf {

// The result of a function that returns SETOF jsonb.
struct JsonRows {
	Tuplestorestate *rows;
	TupleDesc row_type;
	int64 count;
	int64 most;		 // those beyond are left out
	int64 rejected;	 // those of them that do not fit
	bool fails;		 // a run would fail at the first of those
	int64 cut_after; // computed of the first rows of the source alone, so many; 0: of all
};

// Those of a row's columns that are shown.
struct ShownColumns {
	TupleDesc row_type;
	const int *attributes; // of the row, from 0
};

// Rows from first up to end.
void AppendAsJson(const Batch *batch, int first, int end, const ShownColumns *shown, JsonRows *out);
const char *RowAsJson(const TupleTableSlot *row, const ShownColumns *shown);
// One more row, which is JSON already.
void AppendJson(const char *json, JsonRows *out);
// As before the first row.
void ClearJson(JsonRows *out);

} // namespace sluice::engine::leaf
