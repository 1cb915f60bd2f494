// Leaf behind mapped_query.hpp: columns of a query that are cast to a type which the option column_types names.
#pragma once

#include "engine/transform/query_analysis.hpp"

namespace sluice::engine::leaf {

struct NamedType {
	Oid type;
	int32 modifier;
};

// Raises 42704 where there is none of that name, 42601 where it is no type, 42P16 where no column can have it.
NamedType FindNamedType(const char *text);

// The query gives that column as this type. Raises 42846 where there is no cast.
void CastColumn(AnalyzedQuery *analyzed, int column, const NamedType *wanted);
// The same cast in a statement, around SQL that gives the column's value before it.
const char *CastText(const OutputColumn *column, const char *value);
// Whether values that differ stay different through it.
bool KeepsApart(const OutputColumn *column);
// Whether a B-tree can be over it.
bool HasOrder(const OutputColumn *column);

// A name of at most NAMEDATALEN - 1 bytes.
const char *NameThatFits(const char *name);

} // namespace sluice::engine::leaf
