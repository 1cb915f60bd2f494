// Leaf behind destination.hpp: what kind of relation the destination is, and who may do what to it.
#pragma once

#include "engine/target/foreign_keys.hpp"

namespace sluice::engine::leaf {

// What a table that is to be created by that name will be called, with its schema.
const char *NewName(const char *name);

// Raises unless rows may be loaded into a relation of this kind: 42809, 42501 for the server's own tables.
void CheckKind(Oid relation);
// Raises 42501 unless the current user may create a table of that name, 3F000 where its schema is missing.
void CheckCreateRight(const char *name);
// Raise 42501 unless the current user may insert into those attributes (no attributes: into any), may replace the
// table's rows, or has the rights that a merge of those attributes needs beside INSERT.
void CheckInsertRight(Oid relation, const int *source_of, int attributes);
void CheckReplaceRight(Oid relation);
void CheckMergeRight(Oid relation, AclMode rights, const int *source_of, int attributes);

struct TableTraits {
	Oid owner;
	char kind;
	char persistence;
	int index_count;	 // of all partitions, if it has any
	int partition_count; // that hold rows themselves
	ForeignKeyList *foreign_keys;
	// Why only SQL can load it, or ''.
	char needs_sql[256];
	// Why its file may not be swapped (design rule 20), or ''.
	char no_swap[256];
	// The same for an append to a partitioned table while that is empty, or ''.
	char no_fill[256];
};

// Why rows must reach logical decoding (design rule 20), or NULL.
const char *WhyDecoded(Relation relation);
// The same for a table of that name that is still to be created.
const char *WhyNewDecoded(const char *name);
// One of its triggers fires at what a load does: an insert, and a delete or a truncate where it replaces.
bool HasTriggerOfLoad(Relation relation, bool replace);
bool HasDeferrableUnique(Relation relation);
// An index can refuse a row because of another one.
bool HasUnique(Relation relation);
// Why an append to it cannot be a swap while it is empty, or ''.
const char *WhyNotFilled(Relation destination);

// Raises what the server says to a DELETE of a table, or a part of it, that is published without a replica identity.
void CheckDelete(Oid relation);
// Raises 0A000 when deleting the table's rows would delete or change rows of other tables.
void RefuseCascade(Oid relation);

// Deletes every row, one by one, without triggers; returns whether there were any. The caller's lock keeps writers out.
bool DeleteAllRows(Relation destination, int64 milliseconds);

// Writes relpages, reltuples and relallvisible of a table that is new in this transaction.
void SetSizes(Oid relation, double rows);

} // namespace sluice::engine::leaf
