#include "api/restore_leaf.hpp"

extern "C" {
#include "commands/trigger.h"
}

namespace sluice::api::leaf {

Datum
BindOwner(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo)) {
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("pipeline_bind_owner can only be called as a trigger")));
	}
	auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
	TupleDesc const descriptor = RelationGetDescr(trigger->tg_relation);
	int const name_column = SPI_fnumber(descriptor, "owner");
	int oid_column = SPI_fnumber(descriptor, "owner_oid");
	HeapTuple tuple = trigger->tg_trigtuple;
	if (name_column <= 0 || oid_column <= 0) {
		return PointerGetDatum(tuple);
	}
	bool is_null;
	Datum const name = heap_getattr(tuple, name_column, descriptor, &is_null);
	Oid const role = is_null ? InvalidOid : get_role_oid(NameStr(*DatumGetName(name)), true);
	Datum owner = ObjectIdGetDatum(role);
	bool owner_is_null = false;
	return PointerGetDatum(heap_modify_tuple_by_cols(tuple, descriptor, 1, &oid_column, &owner, &owner_is_null));
}

} // namespace sluice::api::leaf
