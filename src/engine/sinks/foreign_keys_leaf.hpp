// Foreign keys on the fast paths (design rules 19 and 22): no event per row, but one query per constraint
// before the end, with the same operators, casts and match rules as the server's own.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct ForeignKey {
	Oid constraint;
	Oid referencing;
	Oid referenced;
	char name[NAMEDATALEN];
};

struct ForeignKeyList {
	int count;
	ForeignKey *keys;
};

// Constraints whose rows a load of this table can break: its own, and with `replaced` also those of other
// tables that point to it. reason: why only SQL can check them, or ''.
ForeignKeyList *FindForeignKeys(Relation table, bool replaced, char *reason, Size reason_size);

// A query that returns one row that breaks the constraint: the key as "(a, b)=(1, 2)", whether part of it is
// null. The relations are given by name because one of them may be a table's future heap.
const char *ForeignKeyQuery(Oid constraint, const char *referencing, const char *referenced, const char *condition);

// Whether the constraint's key columns may be shown to the current user in an error.
bool MayShowKey(Oid referencing, Oid referenced);

} // namespace sluice::engine::leaf
