#include "engine/load/extreme.hpp"

namespace sluice::engine::leaf {

namespace {

int64
IntegerOf(Datum value, Oid type)
{
	return type == INT8OID ? DatumGetInt64(value) : type == INT4OID ? DatumGetInt32(value) : DatumGetInt16(value);
}

} // namespace

void
SeeBatch(const Batch *batch, Extreme *extremes, int count)
{
	for (int e = 0; e < count; ++e) {
		Extreme *extreme = &extremes[e];
		for (int i = 0; i < batch->count; ++i) {
			const TupleTableSlot *slot = batch->slots[i];
			if (slot->tts_isnull[extreme->attribute]) {
				continue;
			}
			int64 const value = IntegerOf(slot->tts_values[extreme->attribute], extreme->type);
			bool const further = !extreme->any || (extreme->least ? value < extreme->value : value > extreme->value);
			if (further && value >= extreme->minimum && value <= extreme->maximum) {
				extreme->any = true;
				extreme->value = value;
			}
		}
	}
}

} // namespace sluice::engine::leaf
