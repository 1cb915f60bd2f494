// Foreign keys on the fast paths (design rules 19 and 22): no event per row, but one query per constraint
// before the end, with the same operators, casts and match rules as the server's own.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct ForeignKey {
	Oid constraint;
	Oid referencing;
	Oid referenced;
	bool deferrable; // what a load of that table does to it
	char name[NAMEDATALEN];
};

struct ForeignKeyList {
	int count;
	ForeignKey *keys;
	bool may_wait; // in the caller's transaction, which says when the deferrable ones are checked
};

// A table with all its partitions, or alone; sorted.
struct RelationSet {
	int count;
	Oid *oids;
};
bool IsIn(const RelationSet *set, Oid relation);

// Constraints whose rows a load of this table can break: its own, and with `replaced` also those of other
// tables that point to it or to one of its partitions. What a constraint of a partitioned table left behind on
// partitions is not listed again. reason: why only SQL can check them, or ''.
ForeignKeyList *FindForeignKeys(Relation table, const RelationSet *set, bool replaced, char *reason, Size reason_size);
// The same for a plain table.
ForeignKeyList *FindForeignKeys(Relation table, bool replaced, char *reason, Size reason_size);
// One of them; false when there is none that is enforced.
bool FindForeignKey(Oid constraint, ForeignKey *found);
bool HasDisabledTrigger(Relation table);
// Whether queries of that role see all rows of the relation.
bool MayRead(Oid relation, Oid role);

// A query that returns one row that breaks the constraint: the key as "(a, b)=(1, 2)", whether part of it is
// null. The relations are given as items of FROM because their rows may still be in other heaps. every: all such rows,
// with what else is to be known of each: ", fk.n".
const char *ForeignKeyQuery(Oid constraint, const char *referencing, const char *referenced, const char *every);
// The constraint's columns of one of the two, as a list.
const char *ForeignKeyColumns(Oid constraint, bool referencing);
struct ForeignKeyColumnList {
	int count;
	const char *names[INDEX_MAX_KEYS];
};
ForeignKeyColumnList ReferencingColumns(Oid constraint);
// The relation as an item of FROM: with its partitions, but not with its children.
const char *FromItem(Oid relation);

// Whether the constraint's key columns may be shown to that role in an error.
bool MayShowKey(Oid referencing, Oid referenced, Oid role);

} // namespace sluice::engine::leaf
