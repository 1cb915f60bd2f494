// Whether what the rows of a batch refer to is there, asked before they are written: one query a batch, which looks
// each key up in the referenced table's unique index and never reads that table as a whole.
//
// Leaf regime.
#pragma once

#include "engine/rows/batch.hpp"
#include "engine/target/foreign_keys.hpp"
#include "engine/write/met_keys.hpp"

namespace sluice::engine::leaf {

struct KeyProbe {
	Oid run_as;
	const char *query;
	TupleDesc row_type; // the key's columns, and the number of the row
	int *attributes;	// of the batch's rows, for each of the key's
	MemoryContext memory;
	// What was there is not asked for again: who takes it away is found by the check at the end of the load.
	MetKeys *met;
};

// Of the batch, in order.
struct MissingKey {
	int row;
	const char *key; // "(a, b)=(1, 2)"
	bool has_null;	 // in part, which MATCH FULL does not allow
};

struct MissingKeys {
	int count;
	MissingKey list[kBatchRows];
};

// rows: whose batches will come. NULL where they lack a column of the key.
KeyProbe *OpenKeyProbe(const ForeignKey *key, TupleDesc rows, Oid run_as);
// What is found lives until the next call.
const MissingKeys *FindMissing(KeyProbe *probe, const Batch *batch);
void CloseKeyProbe(KeyProbe *probe);

} // namespace sluice::engine::leaf
