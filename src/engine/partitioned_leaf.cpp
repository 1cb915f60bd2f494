#include "engine/partitioned_leaf.hpp"

extern "C" {
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
}

namespace sluice::engine::leaf {

namespace {

const char *
WhyNotByIndexes(Relation relation)
{
	List *indexes = RelationGetIndexList(relation);
	const char *why = nullptr;
	ListCell *cell;
	foreach (cell, indexes) {
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		if (!index->rd_index->indimmediate) {
			why = psprintf("\"%s\" has a deferrable unique constraint", RelationGetRelationName(relation));
		}
		index_close(index, NoLock);
	}
	list_free(indexes);
	return why;
}

} // namespace

const char *
WhyNotRoutedTo(Relation relation)
{
	const char *name = RelationGetRelationName(relation);
	char const kind = relation->rd_rel->relkind;
	if (kind == RELKIND_FOREIGN_TABLE) {
		return psprintf("its partition \"%s\" is a foreign table", name);
	}
	if (kind != RELKIND_PARTITIONED_TABLE && relation->rd_tableam != GetHeapamTableAmRoutine()) {
		return psprintf("the access method of its partition \"%s\" is not heap", name);
	}
	TriggerDesc *triggers = relation->trigdesc;
	for (int i = 0; triggers != nullptr && i < triggers->numtriggers; ++i) {
		const Trigger *trigger = &triggers->triggers[i];
		if (!trigger->tgisinternal) {
			return psprintf("\"%s\" has triggers", name);
		}
		if (RI_FKey_trigger_type(trigger->tgfoid) == RI_TRIGGER_FK) {
			return psprintf("foreign keys of \"%s\" involve a partitioned table", name);
		}
	}
	return WhyNotByIndexes(relation);
}

const char *
WhyNotRouted(Relation parent)
{
	const char *why = WhyNotRoutedTo(parent);
	List *all = find_all_inheritors(RelationGetRelid(parent), NoLock, nullptr);
	ListCell *cell;
	foreach (cell, all) {
		if (why != nullptr) {
			break;
		}
		if (lfirst_oid(cell) == RelationGetRelid(parent)) {
			continue;
		}
		CHECK_FOR_INTERRUPTS();
		// Dropped or detached meanwhile: it is looked at again when rows go there.
		Relation partition = try_table_open(lfirst_oid(cell), AccessShareLock);
		if (partition != nullptr) {
			why = WhyNotRoutedTo(partition);
			table_close(partition, AccessShareLock);
		}
	}
	list_free(all);
	return why;
}

} // namespace sluice::engine::leaf
