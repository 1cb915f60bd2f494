// A look at an analyzed query for what it does with the columns of its source row. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Of one column of a source row.
struct SourceType {
	Oid own; // this database's type for what travels as text; InvalidOid: none; text: only to see what is done with it
	int32 typmod;
	bool as_text;
	bool computable;	   // own means here what the source's type means
	bool order_differs;	   // its texts are ordered and matched in another way here
	bool equality_differs; // and different bytes may be equal there
	bool search_differs;   // also where a function looks for one text within another
	bool unknown_zone;	   // a timestamp that may be of the session's zone or of another
};

struct MeaningSearch {
	const SourceType *types;
	int count;
	List *queries;	// from the innermost outwards
	bool *computed; // of each column
	int refused;	// the first column that means something else here
};

// The column of the source row that a Var is: from 1, 0 for the whole row; -1 for anything else.
int StreamColumn(const MeaningSearch *search, const Var *var);

// What may be another thing at the source.
enum class Difference { Order, Equality, Search, Zone };

// The first column with that difference which the values of an expression come from; -1: none.
int DifferingColumn(const MeaningSearch *search, Node *values, Difference difference);

void Refuse(MeaningSearch *search, int column);
void RefuseDiffering(MeaningSearch *search, Node *values, Difference difference);

} // namespace sluice::engine::leaf
