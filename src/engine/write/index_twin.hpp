// Leaf behind index_twins.hpp: for each index of a table one of the same shape on the heap that will take its place.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct IndexTwin {
	Oid index; // the table's own
	Oid twin;  // that of the new heap; InvalidOid until it is built
	char name[NAMEDATALEN];
	char twin_name[NAMEDATALEN];
	bool was_invalid; // left by a CREATE INDEX CONCURRENTLY that failed: rebuilt, as REINDEX would
};

struct IndexTwinList {
	int count;
	IndexTwin *twins;
};

IndexTwinList *ListIndexes(Relation table);

// Makes and fills the twin as the owner of the table, in a security-restricted operation, as REINDEX does. The heap
// is open; the index is locked against changes of its definition. Errors name the twin.
void BuildTwin(Relation heap, IndexTwin *twin);

// The index of the table is valid once its new file is in place.
void MarkValid(Oid index);

// Shows the builds in pg_stat_progress_create_index under the table that users know.
void BeginIndexProgress(Oid table);
void ShowIndexProgress(Oid index);
void EndIndexProgress();

} // namespace sluice::engine::leaf
