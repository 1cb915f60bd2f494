#include "engine/write/row_checks.hpp"

#include "pg/compat.hpp"

namespace sluice::engine::leaf {

void
NameRow(void *argument)
{
	const auto *checks = static_cast<const RowChecks *>(argument);
	if (checks->row >= 0) {
		errcontext("row " INT64_FORMAT " loaded into \"%s\"", checks->rows + checks->row + 1,
				   RelationGetRelationName(checks->destination));
	} else {
		errcontext("rows " INT64_FORMAT " and following loaded into \"%s\"", checks->rows + 1,
				   RelationGetRelationName(checks->destination));
	}
}

namespace {

// The server's own check costs several times this one, and most tables have nothing but NOT NULL.
bool
HasForbiddenNull(const RowChecks *checks, const TupleTableSlot *slot)
{
	for (int i = 0; i < checks->not_null_count; ++i) {
		if (slot->tts_isnull[checks->not_null[i]]) {
			return true;
		}
	}
	return false;
}

} // namespace

void
OpenRowChecks(RowChecks *checks, Relation destination)
{
	memset(checks, 0, sizeof(*checks));
	checks->destination = destination;
	checks->row = -1;
	checks->estate = CreateExecutorState();
	MemoryContext old = MemoryContextSwitchTo(checks->estate->es_query_cxt);

	TupleDesc row_type = RelationGetDescr(destination);
	Bitmapset *inserted = nullptr;
	for (int i = 0; i < row_type->natts; ++i) {
		inserted = bms_add_member(inserted, i + 1 - FirstLowInvalidHeapAttributeNumber);
	}
	pg::compat::InitTargetRangeTable(checks->estate, destination, inserted);
	checks->result = makeNode(ResultRelInfo);
	InitResultRelInfo(checks->result, destination, 1, nullptr, 0);
	pg::compat::CheckTargetOf(checks->result, CMD_INSERT);
	MemoryContextSwitchTo(old);

	const TupleConstr *rules = row_type->constr;
	checks->has_generated = rules != nullptr && rules->has_generated_stored;
	checks->has_constraints = rules != nullptr && rules->num_check > 0;
	checks->not_null = static_cast<int *>(palloc(sizeof(int) * (row_type->natts + 1)));
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(row_type, i);
		if (!attribute->attnotnull || attribute->attisdropped) {
			continue;
		}
		if (attribute->attgenerated == '\0' || attribute->attgenerated == ATTRIBUTE_GENERATED_STORED) {
			checks->not_null[checks->not_null_count++] = i;
		} else {
			// What is not stored must be computed to be checked.
			checks->has_constraints = true;
		}
	}
}

void
CheckRows(RowChecks *checks, Batch *batch, int first)
{
	if (batch->is_checked || (!checks->has_generated && !checks->has_constraints && checks->not_null_count == 0)) {
		return;
	}
	for (int i = first; i < batch->count; ++i) {
		TupleTableSlot *slot = batch->slots[i];
		checks->row = i;
		slot->tts_tableOid = RelationGetRelid(checks->destination);
		if (checks->has_generated) {
			ItemPointerData const position = slot->tts_tid;
			ResetPerTupleExprContext(checks->estate);
			ExecComputeStoredGenerated(checks->result, checks->estate, slot, CMD_INSERT);
			slot->tts_tid = position;
		}
		if (checks->has_constraints || HasForbiddenNull(checks, slot)) {
			ResetPerTupleExprContext(checks->estate);
			ExecConstraints(checks->result, slot, checks->estate);
		}
	}
	checks->row = -1;
}

void
CloseRowChecks(RowChecks *checks)
{
	FreeExecutorState(checks->estate);
}

} // namespace sluice::engine::leaf
