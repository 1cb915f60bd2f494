// A query of this database run by the executor, handed out batch by batch: our own receiver copies each row
// into a batch and stops the executor when the batch is full.
#pragma once

#include "engine/rows/batch.hpp"
#include "engine/source/fetch_size.hpp"
#include "engine/transform/query_analysis.hpp"

namespace sluice::engine::leaf {

struct ExecutorScan {
	DestReceiver receiver; // first: the executor hands this back to us
	QueryDesc *query;
	TupleTableSlot *computed; // where the plan computes a row's columns at last; NULL: elsewhere
	Batch *batch;			  // the one being filled
	int64 rows_before;		  // in earlier batches, for messages
	int tuned;				  // foreign scans that fetch as many rows at a time as was wanted
};

// How many rows are wanted, and what the query reads beside relations.
struct ScanScope {
	int64 most_rows;		 // 0: all
	Tuplestorestate *source; // rows that it calls source; NULL: none. May be read again and again
	TupleDesc source_row;
};

// Plans and starts the query with another target list; its foreign scans fetch so many rows at a time. Sees everything
// this transaction did until now.
ExecutorScan *BeginExecutorScan(const AnalyzedQuery *analyzed, List *target_list, FetchSize fetch,
								const ScanScope *scope);
// The rows' type; lives as long as the scan.
TupleDesc ScanRowType(const ExecutorScan *scan);
// The planner's estimate of how many there are.
int64 PlannedRows(const ExecutorScan *scan);
// Appends rows to an empty batch until it is full; false when there are no more. The batch's row type must
// have the scan's types, in order; dropped columns are NULL.
bool FillFromExecutor(ExecutorScan *scan, Batch *batch);
void EndExecutorScan(ExecutorScan *scan);

} // namespace sluice::engine::leaf
