// The rules that a row of a table can break by itself, as far as they can be told before the row is written: for a
// look at it, by the checks that a load makes.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// What is known of a table's columns, one of each for each attribute.
struct Foreseen {
	const bool *unsure;	  // only the write tells its value, and NULL stands in its place
	const bool *retyped;  // its value has another type, which the table's rules are not about
	const bool *nullable; // a NOT NULL that is there will be gone
	const bool *keys;	  // may not be null either
};

// Whether nobody has a say in what becomes of a row: a trigger, a rule, another table behind it.
bool HasForeseeableRows(Relation table, bool updates);
// Which columns that are not fed get a value that only the write can tell: source_of[i] < 0, and a default that is
// volatile.
void FindUnsure(Relation table, const int *source_of, bool *unsure);
// What the server knows of the table's columns, their defaults and rules now: to be read by, once it is closed.
Relation CopyOfTable(Relation table);
// Another one for OpenRowChecks, with those of the rules that can be told.
Relation ForeseenRules(Relation copy, const Foreseen *foreseen);

} // namespace sluice::engine::leaf
