// The trigger behind foreign keys that are checked at the end of a transaction.

#include "engine/write/deferred_check.hpp"
#include "pg/guard.hpp"

extern "C" {
#include "commands/trigger.h"
}

namespace sluice::api::leaf {

namespace {

// Where the row is that it fires for. Of our own table only: what is in the row says what is read, and as whom.
const char *
RowOfEvent(FunctionCallInfo fcinfo)
{
	auto *event = reinterpret_cast<TriggerData *>(fcinfo->context);
	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(event->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(event->tg_event) ||
		RelationGetRelid(event->tg_relation) !=
			get_relname_relid("pipeline_deferred_checks", get_namespace_oid("sluice", false))) {
		ereport(
			ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("pipeline_check_deferred can only be called as the trigger of sluice.pipeline_deferred_checks")));
	}
	ItemPointer const row = &event->tg_trigtuple->t_self;
	return psprintf("(%u,%u)", ItemPointerGetBlockNumber(row), ItemPointerGetOffsetNumber(row));
}

} // namespace

} // namespace sluice::api::leaf

SLUICE_FUNCTION(sluice_check_deferred)
{
	sluice::engine::CheckDeferred(sluice::pg::Call(sluice::api::leaf::RowOfEvent, fcinfo));
	PG_RETURN_POINTER(nullptr);
}
