#include "engine/target/partitions.hpp"

extern "C" {
#include "access/twophase.h"
#include "catalog/partition.h"
#include "commands/trigger.h"
#include "storage/bufmgr.h"
#include "storage/lock.h"
}

namespace sluice::engine::leaf {

namespace {

// Relations that a swap of one partition locks beside its indexes: the partition, its TOAST table, its new heap, the
// TOAST table of that, with one index each, and one to spare. Each index comes with its twin.
constexpr int64 kLocksPerPartition = 8;

const char *
WhyNotStored(Relation relation, bool replace)
{
	const char *name = RelationGetRelationName(relation);
	char const kind = relation->rd_rel->relkind;
	if (kind == RELKIND_FOREIGN_TABLE) {
		return psprintf("its partition \"%s\" is a foreign table", name);
	}
	if (kind != RELKIND_PARTITIONED_TABLE && relation->rd_tableam != GetHeapamTableAmRoutine()) {
		return psprintf("the access method of its partition \"%s\" is not heap", name);
	}
	if (HasTriggerOfLoad(relation, replace)) {
		return psprintf("\"%s\" has triggers", name);
	}
	if (replace && AfterTriggerPendingOnRel(RelationGetRelid(relation))) {
		return psprintf("this transaction has deferred triggers on \"%s\" that are still to fire", name);
	}
	if (HasDisabledTrigger(relation)) {
		return psprintf("an internal trigger of \"%s\" is disabled or fires on replicas only", name);
	}
	return nullptr;
}

const char *
WhyNotByIndexes(Relation relation)
{
	return HasDeferrableUnique(relation)
			   ? psprintf("\"%s\" has a deferrable unique constraint", RelationGetRelationName(relation))
			   : nullptr;
}

// The first reason of each kind, over all members of the tree.
struct Findings {
	const char *not_stored;
	const char *not_unique;
	const char *other_owner;
	const char *unreadable;
	const char *decoded;
	int64 locks;
};

void
Note(const char **finding, const char *found)
{
	if (*finding == nullptr) {
		*finding = found;
	}
}

void
LookAt(Relation parent, Relation relation, bool replace, TableTraits *traits, Findings *findings)
{
	const char *name = RelationGetRelationName(relation);
	Oid const owner = parent->rd_rel->relowner;
	Note(&findings->not_stored, WhyNotStored(relation, replace));
	Note(&findings->not_unique, WhyNotByIndexes(relation));
	Note(&findings->decoded, WhyDecoded(relation));
	if (relation->rd_rel->relowner != owner) {
		Note(&findings->other_owner, psprintf("its partition \"%s\" belongs to another role", name));
	}
	if (!MayRead(RelationGetRelid(relation), owner)) {
		Note(&findings->unreadable, psprintf("its owner may not read its partition \"%s\"", name));
	}
	if (relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE) {
		int const indexes = list_length(RelationGetIndexList(relation));
		traits->partition_count++;
		traits->index_count += indexes;
		findings->locks += kLocksPerPartition + 2 * indexes;
	}
}

RelationSet
TreeOf(Relation parent)
{
	TreeMembers const *members = ListTree(RelationGetRelid(parent));
	RelationSet const set{members->count, members->relations};
	qsort(set.oids, set.count, sizeof(Oid), oid_cmp);
	return set;
}

TreeMembers *
ListMembers(Relation parent, bool branches)
{
	TreeMembers *list = ListTree(RelationGetRelid(parent));
	int kept = 0;
	for (int i = 0; i < list->count; ++i) {
		if ((get_rel_relkind(list->relations[i]) == RELKIND_PARTITIONED_TABLE) == branches) {
			list->relations[kept++] = list->relations[i];
		}
	}
	list->count = kept;
	return list;
}

// The lock table is shared by all sessions: a run takes half of it at most.
const char *
WhyTooManyLocks(int64 locks, const TableTraits *traits)
{
	int64 const room = static_cast<int64>(max_locks_per_xact) * (MaxBackends + max_prepared_xacts);
	if (locks <= room / 2) {
		return nullptr;
	}
	return psprintf("a swap of its %d partitions and %d indexes takes more locks than max_locks_per_transaction allows",
					traits->partition_count, traits->index_count);
}

} // namespace

const char *
WhyNotRoutedTo(Relation relation)
{
	// Nothing is attached while rows are replaced: of what came meanwhile only an append is to be told.
	const char *why = WhyNotStored(relation, false);
	return why != nullptr ? why : WhyNotByIndexes(relation);
}

void
DescribePartitions(Relation parent, bool replace, TableTraits *traits)
{
	Findings findings{};
	RelationSet const tree = TreeOf(parent);
	LookAt(parent, parent, replace, traits, &findings);
	for (int i = 0; i < tree.count; ++i) {
		CHECK_FOR_INTERRUPTS();
		if (tree.oids[i] == RelationGetRelid(parent)) {
			continue;
		}
		// Dropped or detached meanwhile: it is looked at again when rows go there.
		Relation partition = try_table_open(tree.oids[i], AccessShareLock);
		if (partition != nullptr) {
			LookAt(parent, partition, replace, traits, &findings);
			table_close(partition, AccessShareLock);
		}
	}
	const char *no_swap = findings.decoded != nullptr ? findings.decoded : WhyTooManyLocks(findings.locks, traits);
	bool const swap = replace && no_swap == nullptr;
	const char *why = findings.not_stored;
	if (why == nullptr && swap) {
		why = findings.other_owner;
	}
	// A swap checks such a constraint once, when all rows are there.
	if (why == nullptr && !swap) {
		why = findings.not_unique;
	}
	char reason[sizeof(traits->needs_sql)] = "";
	traits->foreign_keys = FindForeignKeys(parent, &tree, replace, reason, sizeof(reason));
	if (why == nullptr && reason[0] != '\0') {
		why = reason;
	}
	if (why == nullptr && !swap && traits->foreign_keys->count > 0) {
		why = findings.unreadable;
	}
	const char *no_fill = no_swap != nullptr ? no_swap : findings.other_owner;
	if (!replace && no_fill != nullptr) {
		strlcpy(traits->no_fill, no_fill, sizeof(traits->no_fill));
	}
	if (why != nullptr) {
		strlcpy(traits->needs_sql, why, sizeof(traits->needs_sql));
	} else if (replace && no_swap != nullptr) {
		strlcpy(traits->no_swap, no_swap, sizeof(traits->no_swap));
	}
}

ForeignKeyList *
ForeignKeysOfTree(Relation parent)
{
	char reason[256] = "";
	RelationSet const tree = TreeOf(parent);
	ForeignKeyList *list = FindForeignKeys(parent, &tree, false, reason, sizeof(reason));
	if (reason[0] != '\0') {
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" was changed while rows were loaded", RelationGetRelationName(parent)),
						errdetail("Now %s.", reason), errhint("Run the pipeline again.")));
	}
	return list;
}

bool
RefersToItself(Relation table, const ForeignKeyList *keys)
{
	if (keys->count == 0) {
		return false;
	}
	RelationSet const tree = TreeOf(table);
	for (int i = 0; i < keys->count; ++i) {
		if (IsIn(&tree, keys->keys[i].referencing) && IsIn(&tree, keys->keys[i].referenced)) {
			return true;
		}
	}
	return false;
}

bool
ArePartitionsEmpty(Relation parent)
{
	TreeMembers const *leaves = ListLeaves(parent);
	bool empty = true;
	for (int i = 0; i < leaves->count && empty; ++i) {
		Relation partition = try_table_open(leaves->relations[i], AccessShareLock);
		if (partition != nullptr) {
			empty = RelationGetNumberOfBlocks(partition) == 0;
			table_close(partition, AccessShareLock);
		}
	}
	return empty;
}

bool
IsWithin(Oid relation, Oid table)
{
	if (relation == table) {
		return true;
	}
	if (!get_rel_relispartition(relation)) {
		return false;
	}
	List *ancestors = get_partition_ancestors(relation);
	bool const found = list_member_oid(ancestors, table);
	list_free(ancestors);
	return found;
}

TreeMembers *
ListLeaves(Relation parent)
{
	return ListMembers(parent, false);
}

TreeMembers *
ListBranches(Relation parent)
{
	return ListMembers(parent, true);
}

} // namespace sluice::engine::leaf
