#include "engine/transform/projection.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr int kNotComputed = 2;

void
NameRow(void *argument)
{
	const auto *projection = static_cast<const Projection *>(argument);
	int64 const row = projection->rows_before + projection->position + 1;
	int const column = ColumnUnderWay(projection);
	if (column >= 0) {
		errcontext("pipeline row " INT64_FORMAT ", column \"%s\"", row,
				   NameStr(TupleDescAttr(projection->result->tts_tupleDescriptor, column)->attname));
	} else {
		errcontext("pipeline row " INT64_FORMAT, row);
	}
}

} // namespace

bool
IsIdentity(const AnalyzedQuery *analyzed, List *target_list, TupleDesc source_row, TupleDesc destination)
{
	if (analyzed->query->jointree->quals != nullptr || source_row->natts != destination->natts) {
		return false;
	}
	for (int i = 0; i < source_row->natts; ++i) {
		Expr *expression = list_nth_node(TargetEntry, target_list, i)->expr;
		// Binary-coercible: another name for the same bytes.
		while (IsA(expression, RelabelType)) {
			expression = reinterpret_cast<RelabelType *>(expression)->arg;
		}
		if (!IsA(expression, Var) || reinterpret_cast<Var *>(expression)->varattno != i + 1) {
			return false;
		}
	}
	return true;
}

// They are computed one after the other, and each is marked by its value.
int
ColumnUnderWay(const Projection *projection)
{
	if (!projection->in_columns) {
		return -1;
	}
	const auto *marks = reinterpret_cast<const uint8 *>(projection->result->tts_isnull);
	for (int i = 0; i < projection->result->tts_tupleDescriptor->natts; ++i) {
		if (marks[i] == kNotComputed) {
			return i;
		}
	}
	return -1;
}

Projection *
CreateProjection(const AnalyzedQuery *analyzed, List *target_list, TupleDesc source_row, TupleDesc destination)
{
	auto *projection = static_cast<Projection *>(palloc0(sizeof(Projection)));
	projection->estate = CreateExecutorState();
	MemoryContext old = MemoryContextSwitchTo(projection->estate->es_query_cxt);
	projection->context = CreateExprContext(projection->estate);
	projection->per_tuple = projection->context->ecxt_per_tuple_memory;
	Node *quals = static_cast<Node *>(copyObject(analyzed->query->jointree->quals));
	if (quals != nullptr) {
		quals = reinterpret_cast<Node *>(expression_planner(reinterpret_cast<Expr *>(quals)));
		projection->filter = ExecInitQual(make_ands_implicit(reinterpret_cast<Expr *>(quals)), nullptr);
	}
	auto *planned = reinterpret_cast<List *>(expression_planner(reinterpret_cast<Expr *>(target_list)));
	projection->result = MakeSingleTupleTableSlot(destination, &TTSOpsVirtual);
	// No parent plan node: the expressions are never compiled by JIT.
	projection->columns =
		ExecBuildProjectionInfo(planned, projection->context, projection->result, nullptr, source_row);
	MemoryContextSwitchTo(old);
	return projection;
}

namespace {

// -1: none.
int
FirstUnwelcome(const Projection *projection, const TupleTableSlot *row)
{
	for (int i = 0; i < projection->unwelcome_count; ++i) {
		if (!row->tts_isnull[projection->unwelcome[i]]) {
			return projection->unwelcome[i];
		}
	}
	return -1;
}

} // namespace

bool
Project(Projection *projection, Batch *source, Batch *out, int most)
{
	ErrorContextCallback callback;
	callback.callback = NameRow;
	callback.arg = projection;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	ExprContext *context = projection->context;
	// What the expressions make must last until the batch is written.
	context->ecxt_per_tuple_memory = out->memory;
	int const natts = out->row_type->natts;
	bool full = false;
	projection->met = -1;
	for (; projection->position < source->count && !full; ++projection->position) {
		CHECK_FOR_INTERRUPTS();
		context->ecxt_scantuple = source->slots[projection->position];
		if (projection->filter != nullptr && !ExecQual(projection->filter, context)) {
			continue;
		}
		projection->met = FirstUnwelcome(projection, context->ecxt_scantuple);
		if (projection->met >= 0) {
			break;
		}
		memset(projection->result->tts_isnull, kNotComputed, sizeof(bool) * natts);
		projection->in_columns = true;
		TupleTableSlot *row = ExecProject(projection->columns);
		projection->in_columns = false;
		TupleTableSlot *slot = out->slots[out->count];
		ExecClearTuple(slot);
		memcpy(slot->tts_values, row->tts_values, sizeof(Datum) * natts);
		memcpy(slot->tts_isnull, row->tts_isnull, sizeof(bool) * natts);
		ExecStoreVirtualTuple(slot);
		slot->tts_tid = source->slots[projection->position]->tts_tid;
		out->count++;
		out->bytes = static_cast<int64>(MemoryContextMemAllocated(out->memory, false));
		full = BatchIsFull(out) || out->count >= most;
	}
	context->ecxt_per_tuple_memory = projection->per_tuple;
	error_context_stack = callback.previous;
	if (projection->position < source->count) {
		return false;
	}
	projection->rows_before += source->count;
	projection->position = 0;
	return true;
}

void
EndProjection(Projection *projection)
{
	ExecDropSingleTupleTableSlot(projection->result);
	FreeExecutorState(projection->estate);
	pfree(projection);
}

Projection *
GoOnBehindRow(Projection *projection, const AnalyzedQuery *analyzed, List *target_list, TupleDesc source_row,
			  TupleDesc destination)
{
	// What the expressions hold of the row is not asked any more: it is dropped with their memory.
	Projection *next = CreateProjection(analyzed, target_list, source_row, destination);
	next->position = projection->position + 1;
	next->rows_before = projection->rows_before;
	MemoryContextDelete(projection->estate->es_query_cxt);
	pfree(projection);
	return next;
}

} // namespace sluice::engine::leaf
