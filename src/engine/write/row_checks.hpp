// What is done to a batch of rows before any writer stores them: stored generated columns, NOT NULL and
// CHECK. Counts the rows, and names the current one in messages.
#pragma once

#include "engine/rows/batch.hpp"

namespace sluice::engine::leaf {

struct RowChecks {
	Relation destination; // whose constraints and generated columns count
	EState *estate;
	ResultRelInfo *result;
	bool has_generated;
	bool has_constraints; // that need more than a look whether a column is null
	int not_null_count;
	int *not_null; // attributes, from 0
	int64 rows;	   // of the batches that are done
	int row;	   // within the batch, for messages; -1: none in particular
};

void OpenRowChecks(RowChecks *checks, Relation destination);
// From that row on. A batch that is checked is left as it is.
void CheckRows(RowChecks *checks, Batch *batch, int first = 0);
void CloseRowChecks(RowChecks *checks);

// For an ErrorContextCallback with the RowChecks as its argument.
void NameRow(void *argument);

} // namespace sluice::engine::leaf
