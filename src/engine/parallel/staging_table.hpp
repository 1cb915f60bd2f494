// The table that the streams of a load fill: committed, seen by nobody, in a schema of the extension without grants. It
// is named after its run and a member of the extension, so that it is recorded by what it is: a dump passes it over,
// and whoever reaps needs no other list. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

inline constexpr const char *kStagingSchema = "sluice_staging";
inline constexpr const char *kStagingPrefix = "sluice_run_";

// The schema; InvalidOid: it is not there, or not ours.
Oid FindStagingSchema();

// What a table that nobody else sees yet looks like, as plain bytes for other processes.
struct StagingColumn {
	NameData name;
	Oid type;
	int32 modifier;
	Oid collation;
	char storage;
	char compression;
	bool not_null;
};
struct StagingShape {
	Size size; // of all of this
	Oid relation;
	Oid owner;
	Oid tablespace;
	Oid access_method;
	char persistence;
	int count;
	StagingColumn columns[FLEXIBLE_ARRAY_MEMBER];
};
// Why a table that this run has created has more to it than columns, which only an event trigger can have added; or
// NULL.
const char *WhyNotShaped(Relation created);
const StagingShape *ShapeOf(Relation created);

// An empty heap with the columns, storage and owner of the destination, as a rewrite of the table would make it; with a
// shape, like that. What an earlier stream has made for this attempt and not told is taken.
Oid MakeStaging(Oid destination, const StagingShape *shape, const char *run_id, int attempt);

// Moves it into another schema and out of the extension, until the end of the transaction for this transaction alone.
// ACCESS EXCLUSIVE is held; returned open.
Relation AdoptStaging(Oid staging, Oid schema);

// False: somebody uses it. Takes no lock that it would have to wait for.
bool DropStaging(Oid staging);

struct StagingTable {
	Oid relation;
	char run_id[37];
};
// All of them, or those of one run; at most max. Returns how many.
int ListStaging(const char *run_id, StagingTable *tables, int max);

} // namespace sluice::engine::leaf
