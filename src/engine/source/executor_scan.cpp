#include "engine/source/executor_scan.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "nodes/makefuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
}

namespace sluice::engine::leaf {

namespace {

Datum
CopyIntoBatch(Datum value, int16 length, Batch *batch)
{
	Size size;
	if (length == -1) {
		const auto *pointer = reinterpret_cast<const varlena *>(DatumGetPointer(value));
		if (VARATT_IS_EXTERNAL_EXPANDED(pointer)) {
			Datum const flat = datumCopy(value, false, -1);
			batch->bytes += static_cast<int64>(VARSIZE_ANY(DatumGetPointer(flat)));
			return flat;
		}
		// A value in a TOAST table stays there: the load fetches it row by row.
		size = VARSIZE_ANY(pointer);
	} else {
		size = length == -2 ? strlen(DatumGetCString(value)) + 1 : static_cast<Size>(length);
	}
	char *copy = static_cast<char *>(palloc(size));
	memcpy(copy, DatumGetPointer(value), size);
	batch->bytes += static_cast<int64>(size);
	return PointerGetDatum(copy);
}

constexpr int kNotComputed = 2;

// Until the next row's are computed, one after the other. The slot is empty meanwhile, and only then.
void
MarkColumns(TupleTableSlot *computed)
{
	if (computed != nullptr) {
		memset(computed->tts_isnull, kNotComputed, sizeof(bool) * computed->tts_tupleDescriptor->natts);
	}
}

TupleTableSlot *
ComputedSlot(PlanState *top)
{
	// It hands on the rows of what is below it.
	while (IsA(top, LimitState) && castNode(LimitState, top)->limitOption == LIMIT_OPTION_COUNT) {
		top = outerPlanState(top);
	}
	TupleTableSlot *const slot = top->ps_ProjInfo != nullptr ? top->ps_ProjInfo->pi_state.resultslot : nullptr;
	if (slot != nullptr) {
		MarkColumns(slot);
		ExecStoreVirtualTuple(slot);
	}
	return slot;
}

int
ColumnUnderWay(const TupleTableSlot *computed)
{
	if (computed == nullptr || !TTS_EMPTY(computed)) {
		return -1;
	}
	const auto *const marks = reinterpret_cast<const uint8 *>(computed->tts_isnull);
	for (int i = 0; i < computed->tts_tupleDescriptor->natts; ++i) {
		if (marks[i] == kNotComputed) {
			return i;
		}
	}
	return -1;
}

bool
ReceiveRow(TupleTableSlot *row, DestReceiver *self)
{
	const auto *const scan = reinterpret_cast<const ExecutorScan *>(self);
	Batch *batch = scan->batch;
	TupleTableSlot *slot = batch->slots[batch->count];
	MemoryContext old = MemoryContextSwitchTo(batch->memory);
	ExecClearTuple(slot);
	slot_getallattrs(row);
	int const natts = batch->row_type->natts;
	for (int i = 0; i < natts; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(batch->row_type, i);
		slot->tts_isnull[i] = row->tts_isnull[i];
		if (row->tts_isnull[i]) {
			slot->tts_values[i] = static_cast<Datum>(0);
		} else if (attribute->attbyval) {
			slot->tts_values[i] = row->tts_values[i];
		} else {
			slot->tts_values[i] = CopyIntoBatch(row->tts_values[i], attribute->attlen, batch);
		}
	}
	ExecStoreVirtualTuple(slot);
	MarkColumns(scan->computed);
	MemoryContextSwitchTo(old);
	batch->count++;
	batch->bytes += static_cast<int64>(sizeof(Datum)) * natts;
	// False stops the executor after this row; it goes on from there next time.
	return !BatchIsFull(batch);
}

void
NameRow(void *argument)
{
	const auto *scan = static_cast<const ExecutorScan *>(argument);
	int64 const row = scan->rows_before + scan->batch->count + 1;
	int const column = ColumnUnderWay(scan->computed);
	if (column >= 0 && column < scan->batch->row_type->natts) {
		errcontext("pipeline row " INT64_FORMAT ", column \"%s\"", row,
				   NameStr(TupleDescAttr(scan->batch->row_type, column)->attname));
	} else {
		errcontext("pipeline row " INT64_FORMAT, row);
	}
}

void
StartUp(DestReceiver * /*self*/, int /*operation*/, TupleDesc /*row_type*/)
{}

void
Nothing(DestReceiver * /*self*/)
{}

} // namespace

ExecutorScan *
BeginExecutorScan(const AnalyzedQuery *analyzed, List *target_list, FetchSize fetch, const ScanScope *scope)
{
	auto *scan = static_cast<ExecutorScan *>(palloc0(sizeof(ExecutorScan)));
	scan->receiver.receiveSlot = ReceiveRow;
	scan->receiver.rStartup = StartUp;
	scan->receiver.rShutdown = Nothing;
	scan->receiver.rDestroy = Nothing;
	scan->receiver.mydest = DestNone;

	Query *query = static_cast<Query *>(copyObject(analyzed->query));
	query->targetList = target_list;
	if (scope->most_rows > 0 && query->limitCount == nullptr) {
		// Known to the planner, and to a wrapper that can hand it on.
		query->limitCount =
			reinterpret_cast<Node *>(makeConst(INT8OID, -1, InvalidOid, static_cast<int>(sizeof(int64)),
											   Int64GetDatum(scope->most_rows), false, FLOAT8PASSBYVAL));
		query->limitOption = LIMIT_OPTION_COUNT;
	}
	List *rewritten = QueryRewrite(query);
	if (list_length(rewritten) != 1 || linitial_node(Query, rewritten)->commandType != CMD_SELECT) {
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a rule turns the source into something else than one SELECT")));
	}

	CommandCounterIncrement();
	PushCopiedSnapshot(GetTransactionSnapshot());
	UpdateActiveSnapshotCommandId();
	// Rows are asked for piece by piece, which parallel plans do not support.
	PlannedStmt *plan = pg_plan_query(linitial_node(Query, rewritten), analyzed->text, 0, nullptr);
	scan->tuned = SetFetchSizes(plan, fetch);
	scan->query =
		CreateQueryDesc(plan, analyzed->text, GetActiveSnapshot(), InvalidSnapshot, &scan->receiver, nullptr,
						scope->source != nullptr ? EnvironmentWith(scope->source_row, scope->source) : nullptr, 0);
	ExecutorStart(scan->query, 0);
	scan->computed = ComputedSlot(scan->query->planstate);
	PopActiveSnapshot();
	return scan;
}

TupleDesc
ScanRowType(const ExecutorScan *scan)
{
	return scan->query->tupDesc;
}

int64
PlannedRows(const ExecutorScan *scan)
{
	// The planner's greatest number does not fit.
	return static_cast<int64>(std::min(scan->query->plannedstmt->planTree->plan_rows, 1e18));
}

bool
FillFromExecutor(ExecutorScan *scan, Batch *batch)
{
	scan->batch = batch;
	ErrorContextCallback callback;
	callback.callback = NameRow;
	callback.arg = scan;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	PushActiveSnapshot(scan->query->snapshot);
	pg::compat::RunExecutor(scan->query, ForwardScanDirection, 0);
	PopActiveSnapshot();
	error_context_stack = callback.previous;
	scan->rows_before += batch->count;
	return BatchIsFull(batch);
}

void
EndExecutorScan(ExecutorScan *scan)
{
	PushActiveSnapshot(scan->query->snapshot);
	ExecutorFinish(scan->query);
	ExecutorEnd(scan->query);
	PopActiveSnapshot();
	FreeQueryDesc(scan->query);
}

} // namespace sluice::engine::leaf
