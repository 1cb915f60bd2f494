#include "engine/rows/row_json.hpp"

extern "C" {
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"
}

namespace sluice::engine::leaf {

namespace {

void
NameRow(void *argument)
{
	errcontext("row " INT64_FORMAT " as JSON", static_cast<const JsonRows *>(argument)->count + 1);
}

Datum
AsJson(const TupleTableSlot *slot, TupleDesc row_type)
{
	HeapTuple const tuple = heap_form_tuple(row_type, slot->tts_values, slot->tts_isnull);
	Datum const json = DirectFunctionCall1(row_to_json, heap_copy_tuple_as_datum(tuple, row_type));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json)));
}

} // namespace

void
AppendAsJson(const Batch *batch, JsonRows *out)
{
	ErrorContextCallback callback;
	callback.callback = NameRow;
	callback.arg = out;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	TupleDesc const row_type = BlessTupleDesc(CreateTupleDescCopy(batch->row_type));
	MemoryContext const of_row = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice JSON", ALLOCSET_DEFAULT_SIZES);
	MemoryContext const old = MemoryContextSwitchTo(of_row);
	for (int i = 0; i < batch->count && out->count < out->most; ++i) {
		CHECK_FOR_INTERRUPTS();
		Datum json = AsJson(batch->slots[i], row_type);
		bool is_null = false;
		tuplestore_putvalues(out->rows, out->row_type, &json, &is_null);
		++out->count;
		MemoryContextReset(of_row);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(of_row);
	error_context_stack = callback.previous;
}

void
AppendJson(const char *json, JsonRows *out)
{
	Datum value = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
	bool is_null = false;
	tuplestore_putvalues(out->rows, out->row_type, &value, &is_null);
	++out->count;
}

} // namespace sluice::engine::leaf
