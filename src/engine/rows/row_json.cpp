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

// row_type: that of shown, blessed.
Datum
AsJson(const TupleTableSlot *slot, const ShownColumns *shown, TupleDesc row_type)
{
	auto *values = static_cast<Datum *>(palloc(sizeof(Datum) * (row_type->natts + 1)));
	auto *nulls = static_cast<bool *>(palloc(sizeof(bool) * (row_type->natts + 1)));
	for (int i = 0; i < row_type->natts; ++i) {
		values[i] = slot->tts_values[shown->attributes[i]];
		nulls[i] = slot->tts_isnull[shown->attributes[i]];
	}
	HeapTuple const tuple = heap_form_tuple(row_type, values, nulls);
	Datum const json = DirectFunctionCall1(row_to_json, heap_copy_tuple_as_datum(tuple, row_type));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json)));
}

} // namespace

void
AppendAsJson(const Batch *batch, int first, int end, const ShownColumns *shown, JsonRows *out)
{
	ErrorContextCallback callback;
	callback.callback = NameRow;
	callback.arg = out;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	TupleDesc const row_type = BlessTupleDesc(CreateTupleDescCopy(shown->row_type));
	MemoryContext const of_row = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice JSON", ALLOCSET_DEFAULT_SIZES);
	MemoryContext const old = MemoryContextSwitchTo(of_row);
	for (int i = first; i < end && out->count < out->most; ++i) {
		CHECK_FOR_INTERRUPTS();
		Datum json = AsJson(batch->slots[i], shown, row_type);
		bool is_null = false;
		tuplestore_putvalues(out->rows, out->row_type, &json, &is_null);
		++out->count;
		MemoryContextReset(of_row);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(of_row);
	error_context_stack = callback.previous;
}

const char *
RowAsJson(const TupleTableSlot *row, const ShownColumns *shown)
{
	Datum const json = AsJson(row, shown, BlessTupleDesc(CreateTupleDescCopy(shown->row_type)));
	return JsonbToCString(nullptr, &DatumGetJsonbP(json)->root, 0);
}

void
AppendJson(const char *json, JsonRows *out)
{
	Datum value = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
	bool is_null = false;
	tuplestore_putvalues(out->rows, out->row_type, &value, &is_null);
	++out->count;
}

void
ClearJson(JsonRows *out)
{
	tuplestore_clear(out->rows);
	out->count = 0;
	out->rejected = 0;
}

} // namespace sluice::engine::leaf
