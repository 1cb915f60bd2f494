// What "*" stands for where not all columns of a stream are in it.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// A select list with that list in the place of each "*" and "source.*" of its own; what is within expressions stays.
const char *ReplaceStars(const char *select_list, const char *visible);
// Whether a select list has the column by its name, as it is.
bool IsNamed(const char *select_list, const char *column);

bool HasStar(const char *select_list);

// Names that stand in a select list (beside its own "*") and in a condition, columns among them.
struct NamesFound {
	bool whole_row; // used as such: with any column
	List *names;	// of char *
};
// Each may be NULL.
void FindNames(const char *select_list, const char *condition, NamesFound *found);

} // namespace sluice::engine::leaf
