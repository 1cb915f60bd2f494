// Leaf behind known_rows.hpp: rows of a batch by their cursor, and hashes of all that is in them.
#pragma once

#include "engine/rows/batch.hpp"

namespace sluice::engine::leaf {

constexpr int kRowHash = 16;

struct RowMark {
	bool met;  // an earlier run may have loaded it
	bool kept; // the next run meets it again
	uint8 met_hash[kRowHash];
	uint8 kept_hash[kRowHash];
};

// Attributes of a batch's rows, as they are hashed.
struct HashedColumns {
	int count;
	const int *attributes;
};

struct MarkPlan {
	int cursor; // attribute
	FmgrInfo compare;
	bool has_met; // bound of what earlier runs may have loaded
	Datum met_to;
	bool has_kept;
	Datum kept_from;
	HashedColumns met;
	HashedColumns kept;
};

// Bounds as the cursor's type writes them; NULL: no row is one.
void PrepareMarks(MarkPlan *plan, Oid type, const char *met_to, const char *kept_from);
// For each row of the batch.
void MarkRows(MarkPlan *plan, const Batch *batch, RowMark *marks);
// Rows that are marked as met leave the batch.
void TakeOut(Batch *batch, const RowMark *marks);

} // namespace sluice::engine::leaf
