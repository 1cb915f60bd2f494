// Rows of the source, filtered and projected slot to slot into the destination's shape. One projection for
// the whole run; values live in the output batch's memory.
#pragma once

#include "engine/rows/batch.hpp"
#include "engine/transform/query_analysis.hpp"

namespace sluice::engine::leaf {

struct Projection {
	EState *estate;
	ExprContext *context;
	ExprState *filter; // NULL: all rows
	ProjectionInfo *columns;
	const int *unwelcome; // attributes of the source: at a row that has a value in one of them it stops
	int unwelcome_count;
	int met;				 // the one that it has stopped for; -1: none
	TupleTableSlot *result;	 // where columns are computed before they join the batch
	int position;			 // next row of the source batch
	int64 rows_before;		 // rows of the source batches already done, for messages
	bool in_columns;		 // computing them: those of result that are done are marked
	MemoryContext per_tuple; // of the context, when no rows are projected
};

// Whether the target list gives the source row's columns unchanged, in order, as they lie in memory.
bool IsIdentity(const AnalyzedQuery *analyzed, List *target_list, TupleDesc source_row, TupleDesc destination);

Projection *CreateProjection(const AnalyzedQuery *analyzed, List *target_list, TupleDesc source_row,
							 TupleDesc destination);
// Appends rows of source to out until source is used up (true), or out is full or has `most` rows, or it has met a
// value that is unwelcome (false: call again, in the last case with the position behind that row).
bool Project(Projection *projection, Batch *source, Batch *out, int most);
// Which column of the destination is being computed; -1: none.
int ColumnUnderWay(const Projection *projection);
void EndProjection(Projection *projection);
// After an error, whose subtransaction is rolled back: another one that goes on behind the row to blame.
Projection *GoOnBehindRow(Projection *projection, const AnalyzedQuery *analyzed, List *target_list,
						  TupleDesc source_row, TupleDesc destination);

} // namespace sluice::engine::leaf
