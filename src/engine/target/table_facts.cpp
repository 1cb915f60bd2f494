#include "engine/target/table_facts.hpp"

#include "core/steady_clock.hpp"
#include "engine/target/lock_attempt.hpp"
#include "pg/compat.hpp"
#include "pg/relation_lookup.hpp"

extern "C" {
#include "access/visibilitymap.h"
#include "access/xlog.h"
#include "catalog/catalog.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_trigger.h"
#include "replication/slot.h"
#include "storage/bufmgr.h"
}

namespace sluice::engine::leaf {

namespace {

bool
IsPublished(Relation relation)
{
	if (GetRelationPublications(RelationGetRelid(relation)) != NIL ||
		GetSchemaPublications(RelationGetNamespace(relation)) != NIL) {
		return true;
	}
	return GetAllTablesPublications() != NIL && is_publishable_relation(relation);
}

// Where a table of that name would be created, if that schema exists.
Oid
SchemaFor(const RangeVar *range)
{
	if (range->schemaname != nullptr) {
		return get_namespace_oid(range->schemaname, true);
	}
	List *path = fetch_search_path(false);
	return path != NIL ? linitial_oid(path) : InvalidOid;
}

bool
WouldBePublished(const char *name)
{
	Oid const schema = SchemaFor(makeRangeVarFromNameList(pg::compat::QualifiedNameList(name)));
	return GetAllTablesPublications() != NIL || (OidIsValid(schema) && GetSchemaPublications(schema) != NIL);
}

bool
HasForeignDecoder()
{
	bool found = false;
	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots; ++i) {
		ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];
		if (slot->in_use && SlotIsLogical(slot) && slot->data.database == MyDatabaseId &&
			strcmp(NameStr(slot->data.plugin), "pgoutput") != 0) {
			found = true;
			break;
		}
	}
	LWLockRelease(ReplicationSlotControlLock);
	return found;
}

const char *
DecodedReason(bool published)
{
	if (published) {
		return "it is published, and subscribers would miss the new rows";
	}
	if (HasForeignDecoder()) {
		return "a logical replication slot of this database may read it";
	}
	return nullptr;
}

// Who has locked a row, to write it, may wait for the lock that this run holds: it is asked for again and again, never
// waited for, so nobody becomes the victim of a deadlock.
void
DeleteRow(Relation relation, ItemPointer row, Snapshot snapshot, int64 milliseconds)
{
	SteadyTime deadline = 0;
	for (;;) {
		TM_FailureData failure;
		TM_Result const result = table_tuple_delete(relation, row, GetCurrentCommandId(true), snapshot, InvalidSnapshot,
													false, &failure, false);
		if (result == TM_Ok) {
			return;
		}
		if (result != TM_BeingModified) {
			ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
							errmsg("a row of \"%s\" was changed while the rows were replaced",
								   RelationGetRelationName(relation)),
							errhint("Run the pipeline again.")));
		}
		deadline = deadline != 0 ? deadline : SteadyIn(milliseconds);
		if (SteadyNow() >= deadline) {
			ereport(
				ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("could not delete the rows of \"%s\": another session has locked one of them",
						RelationGetRelationName(relation)),
				 errhint("pg_stat_activity shows open transactions. The option swap_lock_timeout says how long a run "
						 "waits.")));
		}
		PauseBriefly();
	}
}

// To a table as a whole, or to those attributes of it; no attributes: to any.
bool
HasRight(Oid relation, AclMode right, const int *source_of, int attributes)
{
	if (pg_class_aclcheck(relation, GetUserId(), right) == ACLCHECK_OK) {
		return true;
	}
	bool any = false;
	for (int i = 0; i < attributes; ++i) {
		if (source_of[i] >= 0) {
			any = true;
			if (pg_attribute_aclcheck(relation, static_cast<AttrNumber>(i + 1), GetUserId(), right) != ACLCHECK_OK) {
				return false;
			}
		}
	}
	return any || pg_attribute_aclcheck_all(relation, GetUserId(), right, ACLMASK_ANY) == ACLCHECK_OK;
}

} // namespace

const char *
NewName(const char *name)
{
	RangeVar const *range = makeRangeVarFromNameList(pg::compat::QualifiedNameList(name));
	Oid const schema = SchemaFor(range);
	return OidIsValid(schema) ? quote_qualified_identifier(get_namespace_name(schema), range->relname) : name;
}

void
CheckKind(Oid relation)
{
	char const kind = get_rel_relkind(relation);
	const char *name = get_rel_name(relation);
	if (name == nullptr) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("the destination was dropped meanwhile")));
	}
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_VIEW &&
		kind != RELKIND_FOREIGN_TABLE) {
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("cannot load rows into \"%s\"", name),
						errhint("A destination is a table, a partitioned table, a view or a foreign table.")));
	}
	if (get_rel_persistence(relation) == RELPERSISTENCE_TEMP) {
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("cannot load rows into temporary table \"%s\"", name),
				 errhint("No other session sees a temporary table: name a permanent or unlogged one.")));
	}
	Oid const extension = getExtensionOfObject(RelationRelationId, relation);
	if (OidIsValid(extension) && extension == get_extension_oid("pg_sluice", true)) {
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied: \"%s\" belongs to pg_sluice", name), errhint("Name a table of your own.")));
	}
	if (IsCatalogNamespace(get_rel_namespace(relation)) || IsToastNamespace(get_rel_namespace(relation))) {
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied: \"%s\" is a system catalog", name),
				 errhint("Name a table of your own.")));
	}
}

void
CheckCreateRight(const char *name)
{
	RangeVar const *range = makeRangeVarFromNameList(pg::compat::QualifiedNameList(name));
	Oid const schema = RangeVarGetCreationNamespace(range);
	if (pg::compat::NamespaceAclCheck(schema, GetUserId(), ACL_CREATE) != ACLCHECK_OK) {
		const char *const schema_name = get_namespace_name(schema);
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to create \"%s\" in schema \"%s\"", range->relname, schema_name),
				 errhint("Grant it to the owner of the pipeline: GRANT CREATE ON SCHEMA %s TO %s.",
						 quote_identifier(schema_name), quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
}

void
CheckInsertRight(Oid relation, const int *source_of, int attributes)
{
	if (!HasRight(relation, ACL_INSERT, source_of, attributes)) {
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to load rows into \"%s\"", get_rel_name(relation)),
				 errhint("Grant it to the owner of the pipeline: GRANT INSERT ON %s TO %s.",
						 pg::leaf::QualifiedName(relation), quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
}

void
CheckReplaceRight(Oid relation)
{
	// A view has no TRUNCATE: there DELETE is the right that counts, and the statement checks it.
	if (get_rel_relkind(relation) != RELKIND_VIEW &&
		pg_class_aclcheck(relation, GetUserId(), ACL_TRUNCATE) != ACLCHECK_OK) {
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to replace the rows of \"%s\"", get_rel_name(relation)),
				 errhint("Grant it to the owner of the pipeline: GRANT TRUNCATE, INSERT ON %s TO %s.",
						 pg::leaf::QualifiedName(relation), quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
}

void
CheckMergeRight(Oid relation, AclMode rights, const int *source_of, int attributes)
{
	bool allowed = true;
	for (AclMode const right : {ACL_SELECT, ACL_UPDATE}) {
		allowed = allowed && ((rights & right) == 0 || HasRight(relation, right, source_of, attributes));
	}
	// Of whole rows alone.
	if ((rights & ACL_DELETE) != 0) {
		allowed = allowed && pg_class_aclcheck(relation, GetUserId(), ACL_DELETE) == ACLCHECK_OK;
	}
	if (!allowed) {
		const char *beside = (rights & ACL_DELETE) == 0	  ? (rights & ACL_UPDATE) != 0 ? ", UPDATE" : ""
							 : (rights & ACL_UPDATE) == 0 ? ", DELETE"
														  : ", UPDATE, DELETE";
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to merge rows into \"%s\"", get_rel_name(relation)),
				 errhint("Grant it to the owner of the pipeline: GRANT SELECT, INSERT%s ON %s TO %s.", beside,
						 pg::leaf::QualifiedName(relation), quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
}

bool
HasTriggerOfLoad(Relation relation, bool replace)
{
	TriggerDesc *triggers = relation->trigdesc;
	for (int i = 0; triggers != nullptr && i < triggers->numtriggers; ++i) {
		const Trigger *trigger = &triggers->triggers[i];
		int const deletes = replace ? TRIGGER_TYPE_DELETE | TRIGGER_TYPE_TRUNCATE : 0;
		if (!trigger->tgisinternal && trigger->tgenabled != TRIGGER_DISABLED &&
			(trigger->tgtype & (TRIGGER_TYPE_INSERT | deletes)) != 0) {
			return true;
		}
	}
	return false;
}

bool
HasDeferrableUnique(Relation relation)
{
	List *indexes = RelationGetIndexList(relation);
	bool found = false;
	ListCell *cell;
	foreach (cell, indexes) {
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		found = found || !index->rd_index->indimmediate;
		// With its lock, or who alters the table would wait for us, and we for the table, once its own is given back.
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
	return found;
}

bool
HasUnique(Relation relation)
{
	List *indexes = RelationGetIndexList(relation);
	bool found = false;
	ListCell *cell;
	foreach (cell, indexes) {
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		found = found || index->rd_index->indisunique || index->rd_index->indisexclusion;
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
	return found;
}

const char *
WhyDecoded(Relation relation)
{
	return wal_level < WAL_LEVEL_LOGICAL ? nullptr : DecodedReason(IsPublished(relation));
}

const char *
WhyNewDecoded(const char *name)
{
	return wal_level < WAL_LEVEL_LOGICAL ? nullptr : DecodedReason(WouldBePublished(name));
}

const char *
WhyNotFilled(Relation destination)
{
	const char *why = WhyDecoded(destination);
	if (why == nullptr && pg_class_aclcheck(RelationGetRelid(destination), GetUserId(), ACL_TRUNCATE) != ACLCHECK_OK) {
		why = "the owner of the pipeline has no right to TRUNCATE it";
	}
	return why != nullptr ? why : "";
}

void
RefuseCascade(Oid relation)
{
	Relation catalog = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData key;
	ScanKeyInit(&key, Anum_pg_constraint_confrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, nullptr, 1, &key);
	HeapTuple tuple;
	while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
		auto *form = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple));
		if (form->contype == CONSTRAINT_FOREIGN && form->confdeltype != FKCONSTR_ACTION_NOACTION &&
			form->confdeltype != FKCONSTR_ACTION_RESTRICT) {
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("cannot replace the rows of table \"%s\" by deleting them", get_rel_name(relation)),
							errdetail("Foreign key \"%s\" of table \"%s\" would delete or change rows there.",
									  NameStr(form->conname), get_rel_name(form->conrelid)),
							errhint("Load with append, or declare that foreign key with ON DELETE NO ACTION.")));
		}
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

void
CheckDelete(Oid relation)
{
	TreeMembers const *members = ListTree(relation);
	for (int i = 0; i < members->count; ++i) {
		Relation member = try_table_open(members->relations[i], AccessShareLock);
		if (member != nullptr) {
			CheckCmdReplicaIdentity(member, CMD_DELETE);
			table_close(member, AccessShareLock);
		}
	}
}

bool
DeleteAllRows(Relation destination, int64 milliseconds)
{
	// Else nobody will ever decode what is done to it.
	if (wal_level >= WAL_LEVEL_LOGICAL) {
		CheckCmdReplicaIdentity(destination, CMD_DELETE);
	}
	// Later than any writer that the lock waited for.
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(destination, nullptr);
	TableScanDesc scan = table_beginscan(destination, snapshot, 0, nullptr);
	bool found = false;
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
		CHECK_FOR_INTERRUPTS();
		DeleteRow(destination, &slot->tts_tid, snapshot, milliseconds);
		found = true;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	return found;
}

void
SetSizes(Oid relation_oid, double rows)
{
	CommandCounterIncrement();
	Relation relation = table_open(relation_oid, NoLock);
	BlockNumber const pages = RelationGetNumberOfBlocks(relation);
	BlockNumber visible = 0;
	visibilitymap_count(relation, &visible, nullptr);
	table_close(relation, NoLock);

	Relation catalog = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relation_oid));
	if (!HeapTupleIsValid(tuple)) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", relation_oid)));
	}
	auto *form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
	form->relpages = static_cast<int32>(pages);
	form->reltuples = static_cast<float4>(rows);
	form->relallvisible = static_cast<int32>(visible);
	CatalogTupleUpdate(catalog, &tuple->t_self, tuple);
	heap_freetuple(tuple);
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

} // namespace sluice::engine::leaf
