// Everything that differs between PostgreSQL 15, 16, 17 and 18, and the only place that may look at
// PG_VERSION_NUM. Each wrapper has the newest signature.
#pragma once

#include "pg/prelude.hpp"

extern "C" {
#include "catalog/index.h"
#include "catalog/pg_constraint.h"
#include "commands/vacuum.h"
#include "executor/nodeModifyTable.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_relation.h"
#include "parser/parse_type.h"
#include "tcop/pquery.h"
#include "utils/regproc.h"
#if PG_VERSION_NUM >= 160000
#include "catalog/pg_database.h"
#endif
}

#if PG_VERSION_NUM < 150000
#error "pg_sluice needs PostgreSQL 15 or newer"
#endif
// Minors whose ABI broke by accident and was repaired in the next one.
#if PG_VERSION_NUM == 150009 || PG_VERSION_NUM == 160005 || PG_VERSION_NUM == 170001
#error "this PostgreSQL minor release has a broken ABI: build against the next one"
#endif

namespace sluice::pg::compat {

// 16: ownership tests became one function keyed by the catalog.
inline bool
OwnsDatabase(Oid database, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(DatabaseRelationId, database, role);
#else
	return pg_database_ownercheck(database, role);
#endif
}

inline bool
OwnsRelation(Oid relation, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, relation, role);
#else
	return pg_class_ownercheck(relation, role);
#endif
}

// 16: aclcheck functions became one function keyed by the catalog.
inline AclResult
ServerAclCheck(Oid server, Oid role, AclMode mode)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ForeignServerRelationId, server, role, mode);
#else
	return pg_foreign_server_aclcheck(server, role, mode);
#endif
}

inline AclResult
DatabaseAclCheck(Oid database, Oid role, AclMode mode)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(DatabaseRelationId, database, role, mode);
#else
	return pg_database_aclcheck(database, role, mode);
#endif
}

inline AclResult
NamespaceAclCheck(Oid schema, Oid role, AclMode mode)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, schema, role, mode);
#else
	return pg_namespace_aclcheck(schema, role, mode);
#endif
}

// 16: whether a role may SET ROLE to another became its own question (INHERIT and SET options).
inline bool
CanSetRole(Oid member, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return member_can_set_role(member, role);
#else
	return is_member_of_role(member, role);
#endif
}

// 17: a worker may connect as a role without LOGIN.
inline uint32
WorkerConnectionFlags()
{
#if PG_VERSION_NUM >= 170000
	return BGWORKER_BYPASS_ROLELOGINCHECK;
#else
	return 0;
#endif
}

inline constexpr bool kWorkersNeedLogin = PG_VERSION_NUM < 170000;

// 17: own wait event names; earlier all show as Extension.
inline uint32
WaitEvent(const char *name)
{
#if PG_VERSION_NUM >= 170000
	return WaitEventExtensionNew(name);
#else
	(void)name;
	return PG_WAIT_EXTENSION;
#endif
}

// 18: a query may always be run piece by piece.
inline void
RunExecutor(QueryDesc *query, ScanDirection direction, uint64 count)
{
#if PG_VERSION_NUM >= 180000
	ExecutorRun(query, direction, count);
#else
	ExecutorRun(query, direction, count, false);
#endif
}

// 18: a scan may count what it does.
inline IndexScanDesc
BeginIndexScan(Relation heap, Relation index, Snapshot snapshot, int key_count)
{
#if PG_VERSION_NUM >= 180000
	return index_beginscan(heap, index, snapshot, nullptr, key_count, 0);
#else
	return index_beginscan(heap, index, snapshot, key_count, 0);
#endif
}

// A range table with one entry, the target of an INSERT; 16 moved its permissions, 18 added pruning.
inline void
InitTargetRangeTable(EState *estate, Relation target, Bitmapset *inserted_columns)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);
	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(target);
	entry->relkind = target->rd_rel->relkind;
	entry->rellockmode = RowExclusiveLock;
#if PG_VERSION_NUM >= 160000
	List *permissions = NIL;
	RTEPermissionInfo *permission = addRTEPermissionInfo(&permissions, entry);
	permission->requiredPerms = ACL_INSERT;
	permission->insertedCols = inserted_columns;
#if PG_VERSION_NUM >= 180000
	ExecInitRangeTable(estate, list_make1(entry), permissions, bms_make_singleton(1));
#else
	ExecInitRangeTable(estate, list_make1(entry), permissions);
#endif
#else
	entry->requiredPerms = ACL_INSERT;
	entry->insertedCols = inserted_columns;
	ExecInitRangeTable(estate, list_make1(entry));
#endif
}

// 17 added MERGE's actions, 18 ON CONFLICT's.
inline void
CheckTargetOf(ResultRelInfo *target, CmdType operation)
{
#if PG_VERSION_NUM >= 180000
	CheckValidResultRel(target, operation, ONCONFLICT_NONE, NIL);
#elif PG_VERSION_NUM >= 170000
	CheckValidResultRel(target, operation, NIL);
#else
	CheckValidResultRel(target, operation);
#endif
}

// 16: summarizing indexes can be updated alone.
inline void
InsertIndexTuples(ResultRelInfo *target, TupleTableSlot *slot, EState *estate)
{
#if PG_VERSION_NUM >= 160000
	ExecInsertIndexTuples(target, slot, estate, false, false, nullptr, NIL, false);
#else
	ExecInsertIndexTuples(target, slot, estate, false, false, nullptr, NIL);
#endif
}

// Rows that others stand against are inserted nevertheless: the indexes that say so.
inline List *
InsertIndexTuplesAnyway(ResultRelInfo *target, TupleTableSlot *slot, EState *estate)
{
	bool conflict = false;
#if PG_VERSION_NUM >= 160000
	return ExecInsertIndexTuples(target, slot, estate, false, true, &conflict, NIL, false);
#else
	return ExecInsertIndexTuples(target, slot, estate, false, true, &conflict, NIL);
#endif
}

// 18: which row it is, where it is there already. Waits for those who have not ended yet.
inline bool
IsFreeOfConflicts(ResultRelInfo *target, TupleTableSlot *slot, EState *estate, List *indexes)
{
	ItemPointerData conflict;
#if PG_VERSION_NUM >= 180000
	ItemPointerData itself;
	ItemPointerSetInvalid(&itself);
	return ExecCheckIndexConstraints(target, slot, estate, &conflict, &itself, indexes);
#else
	return ExecCheckIndexConstraints(target, slot, estate, &conflict, indexes);
#endif
}

// 16: soft errors.
inline List *
QualifiedNameList(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return stringToQualifiedNameList(name, nullptr);
#else
	return stringToQualifiedNameList(name);
#endif
}

// 16: the text of a type's name may be wrong without an error.
inline TypeName *
ParseTypeName(const char *text)
{
#if PG_VERSION_NUM >= 160000
	return typeStringToTypeName(text, nullptr);
#else
	return typeStringToTypeName(text);
#endif
}

// 18: foreign keys that are not enforced, and those over periods of time.
inline bool
IsEnforced(Form_pg_constraint constraint)
{
#if PG_VERSION_NUM >= 180000
	return constraint->conenforced;
#else
	(void)constraint;
	return true;
#endif
}

inline bool
HasPeriod(Form_pg_constraint constraint)
{
#if PG_VERSION_NUM >= 180000
	return constraint->conperiod;
#else
	(void)constraint;
	return false;
#endif
}

// 16: the walker's type tells its arguments.
inline bool
WalkExpression(Node *node, bool (*walker)(Node *, void *), void *context)
{
#if PG_VERSION_NUM >= 160000
	return expression_tree_walker(node, walker, context);
#else
	return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(walker)), context);
#endif
}

inline bool
WalkRaw(Node *node, bool (*walker)(Node *, void *), void *context)
{
#if PG_VERSION_NUM >= 160000
	return raw_expression_tree_walker(node, walker, context);
#else
	return raw_expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(walker)),
									  context);
#endif
}

inline bool
WalkQuery(Query *query, bool (*walker)(Node *, void *), void *context)
{
#if PG_VERSION_NUM >= 160000
	return query_tree_walker(query, walker, context, 0);
#else
	return query_tree_walker(query, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(walker)), context, 0);
#endif
}

// 16: the columns that a query reads of a table moved out of its range table.
inline Bitmapset *
ReadColumns(const Query *query, RangeTblEntry *entry)
{
#if PG_VERSION_NUM >= 160000
	return entry->perminfoindex == 0 ? nullptr : getRTEPermissionInfo(query->rteperminfos, entry)->selectedCols;
#else
	(void)query;
	return entry->selectedCols;
#endif
}

// 17: operator class options became an argument; before, they are in IndexInfo, where BuildIndexInfo puts them.
struct NewIndex {
	const char *name;
	IndexInfo *info;
	List *columns;
	Oid access_method;
	Oid tablespace;
	Oid *collations;
	Oid *classes;
	Datum *class_options;
	int16 *column_options;
	Datum reloptions;
};

inline Oid
CreateIndex(Relation heap, const NewIndex &index, bits16 flags)
{
#if PG_VERSION_NUM >= 170000
	return index_create(heap, index.name, InvalidOid, InvalidOid, InvalidOid, InvalidRelFileNumber, index.info,
						index.columns, index.access_method, index.tablespace, index.collations, index.classes,
						index.class_options, index.column_options, nullptr, index.reloptions, flags, 0, false, true,
						nullptr);
#else
	return index_create(heap, index.name, InvalidOid, InvalidOid, InvalidOid, InvalidOid, index.info, index.columns,
						index.access_method, index.tablespace, index.collations, index.classes, index.column_options,
						index.reloptions, flags, 0, false, true, nullptr);
#endif
}

// 17: what maintenance runs in a table owner's name sees pg_catalog and pg_temp only.
inline void
RestrictSearchPathToSystem()
{
#if PG_VERSION_NUM >= 170000
	RestrictSearchPath();
#endif
}

// 18: pg_class counts all-frozen pages as well.
inline void
SwapAllFrozen(Form_pg_class one, Form_pg_class other)
{
#if PG_VERSION_NUM >= 180000
	std::swap(one->relallfrozen, other->relallfrozen);
#else
	(void)one;
	(void)other;
#endif
}

// 16 renamed relfilenode fields. The other relation gets the old file of the one that stays, which gets a file that is
// new in this transaction, or one that an earlier one has committed. Whether changes are WAL-logged depends on the
// file, also of a table that is new itself.
inline void
MoveFileAge(Relation kept, Relation dropped, bool is_new)
{
	dropped->rd_createSubid = kept->rd_createSubid;
	if (!is_new) {
		kept->rd_createSubid = InvalidSubTransactionId;
	}
#if PG_VERSION_NUM >= 160000
	dropped->rd_newRelfilelocatorSubid = kept->rd_newRelfilelocatorSubid;
	dropped->rd_firstRelfilelocatorSubid = kept->rd_firstRelfilelocatorSubid;
	if (is_new) {
		RelationAssumeNewRelfilelocator(kept);
	} else {
		kept->rd_newRelfilelocatorSubid = kept->rd_firstRelfilelocatorSubid = InvalidSubTransactionId;
	}
#else
	dropped->rd_newRelfilenodeSubid = kept->rd_newRelfilenodeSubid;
	dropped->rd_firstRelfilenodeSubid = kept->rd_firstRelfilenodeSubid;
	if (is_new) {
		RelationAssumeNewRelfilenode(kept);
	} else {
		kept->rd_newRelfilenodeSubid = kept->rd_firstRelfilenodeSubid = InvalidSubTransactionId;
	}
#endif
}

// 17: a column's statistics target is NULL unless it was set, and a smallint.
inline int
StatisticsTarget(Datum target)
{
#if PG_VERSION_NUM >= 170000
	return DatumGetInt16(target);
#else
	return DatumGetInt32(target);
#endif
}

inline void
SetStatisticsTarget(VacAttrStats *column, Form_pg_attribute attribute, int target)
{
#if PG_VERSION_NUM >= 170000
	(void)attribute;
	column->attstattarget = target;
#else
	// Type-specific functions write the default into it.
	column->attr = static_cast<Form_pg_attribute>(palloc(ATTRIBUTE_FIXED_PART_SIZE));
	memcpy(column->attr, attribute, ATTRIBUTE_FIXED_PART_SIZE);
	column->attr->attstattarget = target;
#endif
}

// 18: the views show how long it took as well.
inline void
ReportAnalyze(Relation relation, int64 rows)
{
#if PG_VERSION_NUM >= 180000
	pgstat_report_analyze(relation, rows, 0, true, GetCurrentTimestamp());
#else
	pgstat_report_analyze(relation, rows, 0, true);
#endif
}

// 18: ANALYZE of a table looks at its children for themselves, too, unless it says ONLY.
inline constexpr const char *kAnalyzeOnly = PG_VERSION_NUM >= 180000 ? "ONLY " : "";

// 16: the map from a partitioned table's columns to a partition's is made when it is first asked for.
inline const TupleConversionMap *
RootToPartition(ResultRelInfo *partition, EState *estate)
{
#if PG_VERSION_NUM >= 160000
	return ExecGetRootToChildMap(partition, estate);
#else
	(void)estate;
	return partition->ri_RootToPartitionMap;
#endif
}

// Whether an operator of an index that orders tells which of two values is the lesser.
inline bool
IsOrdering(Oid op)
{
	bool ordering = false;
	ListCell *cell;
#if PG_VERSION_NUM >= 180000
	foreach (cell, get_op_index_interpretation(op)) {
		CompareType const type = static_cast<OpIndexInterpretation *>(lfirst(cell))->cmptype;
		ordering = ordering || (type != COMPARE_EQ && type != COMPARE_NE);
	}
#else
	foreach (cell, get_op_btree_interpretation(op)) {
		int const strategy = static_cast<OpBtreeInterpretation *>(lfirst(cell))->strategy;
		ordering = ordering || (strategy != BTEqualStrategyNumber && strategy != ROWCOMPARE_NE);
	}
#endif
	return ordering;
}

// 18: nobody says any more that a portal is run once.
inline void
RunPortal(Portal portal, bool top, DestReceiver *receiver, QueryCompletion *completion)
{
#if PG_VERSION_NUM >= 180000
	(void)PortalRun(portal, FETCH_ALL, top, receiver, receiver, completion);
#else
	(void)PortalRun(portal, FETCH_ALL, top, true, receiver, receiver, completion);
#endif
}

} // namespace sluice::pg::compat
