// Leaf behind known_rows.hpp: rows of a batch by their cursor, and hashes of all that is in them.
#pragma once

#include "engine/rows/batch.hpp"

namespace sluice::engine::leaf {

constexpr int kRowHash = 16;

struct RowMark {
	bool null; // without a value of the cursor
	bool met;  // an earlier run may have loaded it
	bool kept; // the next run meets it again
	uint8 met_hash[kRowHash];
	uint8 kept_hash[kRowHash];
};

// Whether values of that type hold OIDs, which are others once the type was made anew, as by a restored dump.
bool HoldsOids(Oid type);

// A column of a batch's rows, as it is hashed: by its bytes, or, where they hold OIDs, by its text.
struct HashedColumn {
	int attribute;
	bool as_text;
	FmgrInfo output;
};
HashedColumn HowToHash(TupleDesc row_type, int attribute);

struct HashedColumns {
	int count;
	HashedColumn *columns;
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
