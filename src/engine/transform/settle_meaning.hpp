// Which columns of a source row a query computes with, and whether it means by them what their source does. A value
// that travels as text is computed with as its own type, or not at all; texts of another collation are not ordered
// here.
#pragma once

#include "engine/transform/meaning_search.hpp"

namespace sluice::engine::leaf {

// The first column (by its number from 0) that a clause may not compute with here; -1: none.
struct Meaning {
	int columns;
	int filter;
};

// A copy of the source row's type as a query is analyzed over it: own types, and one that no operator takes where a
// column cannot be computed with.
TupleDesc AnalyzedRowType(TupleDesc source_row, const SourceType *types);
// Its name, which then stands in errors of the analysis.
const char *StandInName();

// The first column of an unknown zone that an expression of the query is made of; -1: none.
int FindUnknownZone(Query *query, Node *expression, int count, const SourceType *types);

// Looks at a query that was analyzed over that row type. Columns that are only handed on become text again in it; those
// that are computed with become their own type in source_row.
Meaning SettleMeaning(Query *query, TupleDesc source_row, const SourceType *types);

} // namespace sluice::engine::leaf
