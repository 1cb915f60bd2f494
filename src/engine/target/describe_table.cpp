#include "engine/target/describe_table.hpp"

#include "engine/target/partitions.hpp"

extern "C" {
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "storage/bufmgr.h"
#include "utils/rls.h"
}

namespace sluice::engine::leaf {

namespace {

const char *
WhyOnlySql(Relation relation, bool replace)
{
	bool const partitioned = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
	switch (relation->rd_rel->relkind) {
	case RELKIND_VIEW:
		return "it is a view";
	case RELKIND_FOREIGN_TABLE:
		return "it is a foreign table";
	default:
		break;
	}
	if (!partitioned && relation->rd_tableam != GetHeapamTableAmRoutine()) {
		return "its access method is not heap";
	}
	if (HasTriggerOfLoad(relation, replace)) {
		return "it has triggers";
	}
	if (relation->rd_rules != nullptr) {
		return "it has rules";
	}
	if (relation->rd_rel->relrowsecurity &&
		(relation->rd_rel->relforcerowsecurity ||
		 check_enable_rls(RelationGetRelid(relation), InvalidOid, true) == RLS_ENABLED)) {
		return "row-level security applies to the owner of the pipeline or of the table";
	}
	if (relation->rd_rel->relispartition) {
		return "it is a partition";
	}
	// Who replaces its rows takes away what they are about, or the file that it is in.
	if (replace && AfterTriggerPendingOnRel(RelationGetRelid(relation))) {
		return "this transaction has deferred triggers on it that are still to fire";
	}
	if (!partitioned && (has_subclass(RelationGetRelid(relation)) || has_superclass(RelationGetRelid(relation)))) {
		return "it takes part in inheritance";
	}
	return nullptr;
}

} // namespace

void
DescribeTable(Relation destination, bool replace, TableTraits *traits)
{
	memset(traits, 0, sizeof(*traits));
	traits->owner = destination->rd_rel->relowner;
	traits->kind = destination->rd_rel->relkind;
	traits->persistence = destination->rd_rel->relpersistence;
	const char *why = WhyOnlySql(destination, replace);
	const char *no_swap = why == nullptr && replace ? WhyDecoded(destination) : nullptr;
	// A swap checks such a constraint once, when all rows are there.
	if (why == nullptr && traits->kind == RELKIND_RELATION && (!replace || no_swap != nullptr) &&
		HasDeferrableUnique(destination)) {
		why = "it has a deferrable unique constraint";
	}
	if (why != nullptr) {
		strlcpy(traits->needs_sql, why, sizeof(traits->needs_sql));
		return;
	}
	if (traits->kind == RELKIND_PARTITIONED_TABLE) {
		DescribePartitions(destination, replace, traits);
		return;
	}
	traits->index_count = list_length(RelationGetIndexList(destination));
	traits->foreign_keys = FindForeignKeys(destination, replace, traits->needs_sql, sizeof(traits->needs_sql));
	if (no_swap != nullptr) {
		strlcpy(traits->no_swap, no_swap, sizeof(traits->no_swap));
	}
}

const char *
WhyNotWalked(Relation relation)
{
	if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE) {
		return "it is partitioned";
	}
	if (relation->rd_rel->relkind != RELKIND_RELATION) {
		return "it is no table";
	}
	if (relation->rd_tableam != GetHeapamTableAmRoutine()) {
		return "its access method is not heap";
	}
	if (has_subclass(RelationGetRelid(relation))) {
		return "it has children";
	}
	if (relation->rd_rel->relrowsecurity &&
		check_enable_rls(RelationGetRelid(relation), InvalidOid, true) == RLS_ENABLED) {
		return "row-level security applies to the owner of the pipeline";
	}
	return "";
}

bool
IsEmpty(Relation destination)
{
	if (destination->rd_rel->relkind == RELKIND_PARTITIONED_TABLE) {
		return ArePartitionsEmpty(destination);
	}
	return RelationGetNumberOfBlocks(destination) == 0;
}

bool
HasRows(Relation table)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(table, nullptr);
	TableScanDesc scan = table_beginscan(table, snapshot, 0, nullptr);
	bool const found = table_scan_getnextslot(scan, ForwardScanDirection, slot);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	return found;
}

} // namespace sluice::engine::leaf
