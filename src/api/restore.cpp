#include "api/restore.hpp"

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

Datum
RestoreRow(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo)) {
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("pipeline_restore_row can only be called as a trigger")));
	}
	auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
	TupleDesc const descriptor = RelationGetDescr(trigger->tg_relation);
	HeapTuple const tuple = trigger->tg_trigtuple;
	auto *types = static_cast<Oid *>(palloc(descriptor->natts * sizeof(Oid)));
	auto *values = static_cast<Datum *>(palloc(descriptor->natts * sizeof(Datum)));
	int count = 0;
	StringInfoData columns;
	StringInfoData parameters;
	initStringInfo(&columns);
	initStringInfo(&parameters);
	for (int i = 0; i < descriptor->natts; ++i) {
		bool is_null;
		Datum const value = heap_getattr(tuple, i + 1, descriptor, &is_null);
		if (is_null) {
			continue;
		}
		types[count] = TupleDescAttr(descriptor, i)->atttypid;
		values[count] = value;
		++count;
		appendStringInfo(&columns, "%s%s", count > 1 ? ", " : "",
						 quote_identifier(NameStr(TupleDescAttr(descriptor, i)->attname)));
		appendStringInfo(&parameters, "%s$%d", count > 1 ? ", " : "", count);
	}
	char *insert =
		psprintf("INSERT INTO sluice.%s (%s) VALUES (%s)",
				 quote_identifier(RelationGetRelationName(trigger->tg_relation)), columns.data, parameters.data);
	SPI_connect();
	if (SPI_execute_with_args(insert, count, types, values, nullptr, false, 0) != SPI_OK_INSERT) {
		elog(ERROR, "could not restore a row of view \"%s\"", RelationGetRelationName(trigger->tg_relation));
	}
	SPI_finish();
	return PointerGetDatum(tuple);
}

} // namespace sluice::api::leaf
