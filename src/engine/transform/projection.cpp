#include "engine/transform/projection.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
}

namespace sluice::engine::leaf {

namespace {

void
NameRow(void *argument)
{
	const auto *projection = static_cast<const Projection *>(argument);
	errcontext("pipeline row " INT64_FORMAT, projection->rows_before + projection->position + 1);
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

Projection *
CreateProjection(const AnalyzedQuery *analyzed, List *target_list, TupleDesc source_row, TupleDesc destination)
{
	auto *projection = static_cast<Projection *>(palloc0(sizeof(Projection)));
	projection->estate = CreateExecutorState();
	MemoryContext old = MemoryContextSwitchTo(projection->estate->es_query_cxt);
	projection->context = CreateExprContext(projection->estate);
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
	MemoryContext const per_tuple = context->ecxt_per_tuple_memory;
	context->ecxt_per_tuple_memory = out->memory;
	int const natts = out->row_type->natts;
	bool full = false;
	for (; projection->position < source->count && !full; ++projection->position) {
		CHECK_FOR_INTERRUPTS();
		context->ecxt_scantuple = source->slots[projection->position];
		if (projection->filter != nullptr && !ExecQual(projection->filter, context)) {
			continue;
		}
		TupleTableSlot *row = ExecProject(projection->columns);
		TupleTableSlot *slot = out->slots[out->count];
		ExecClearTuple(slot);
		memcpy(slot->tts_values, row->tts_values, sizeof(Datum) * natts);
		memcpy(slot->tts_isnull, row->tts_isnull, sizeof(bool) * natts);
		ExecStoreVirtualTuple(slot);
		out->count++;
		out->bytes = static_cast<int64>(MemoryContextMemAllocated(out->memory, false));
		full = BatchIsFull(out) || out->count >= most;
	}
	context->ecxt_per_tuple_memory = per_tuple;
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

} // namespace sluice::engine::leaf
