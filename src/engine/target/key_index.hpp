// Leaf behind merges: how keys are compared, and the unique index by which rows are found.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// One on exactly these columns that INSERT ... ON CONFLICT may name, whose operators are those of the columns' types;
// its name, or NULL. current: a boolean column, and only rows in which it is true are in the index; NULL: all are.
const char *FindKeyIndex(Relation table, int count, const char *const *keys, const char *current);

// "OPERATOR(pg_catalog.=)": the operator by which the type's own indexes are unique. Raises 42883 where there is none.
const char *EqualityOf(Oid type);

// Whether ORDER BY takes it.
bool CanBeSorted(Oid type);

// Whether values that this operator calls the same are written in the same bytes: texts are, unless their collation
// knows otherwise, 1.0 and 1.00 are not.
bool EqualMeansSame(Oid type, Oid collation);

// Quoted, and qualified where it must be.
const char *CollationName(Oid collation);

} // namespace sluice::engine::leaf
