#include "engine/parallel/staging_table.hpp"

extern "C" {
#include "access/reloptions.h"
#include "catalog/heap.h"
#include "catalog/toasting.h"
#include "commands/tablecmds.h"
#include "storage/lmgr.h"
#include "utils/datum.h"
}

namespace sluice::engine::leaf {

namespace {

Oid
ThisExtension()
{
	return get_extension_oid("pg_sluice", true);
}

const char *
StagingName(const char *run_id, int attempt)
{
	return psprintf("%s%s_%d", kStagingPrefix, run_id, attempt);
}

Datum
OptionsOf(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	if (!HeapTupleIsValid(tuple)) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", relation)));
	}
	bool is_null;
	Datum const options = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &is_null);
	Datum const copy = is_null ? static_cast<Datum>(0) : datumCopy(options, false, -1);
	ReleaseSysCache(tuple);
	return copy;
}

// It is dropped or swapped in within this load: vacuuming it meanwhile would only be in the way.
Datum
WithoutVacuum(Datum options)
{
	DefElem *quiet =
		makeDefElem(pstrdup("autovacuum_enabled"), reinterpret_cast<Node *>(makeString(pstrdup("false"))), -1);
	return transformRelOptions(options, list_make1(quiet), nullptr, nullptr, false, false);
}

Oid
MakeLike(Oid destination, const char *name, Oid schema)
{
	Relation table = table_open(destination, AccessShareLock);
	// With relrewrite set, logical decoding passes its rows over, as it does those of any rewrite.
	Oid const staging = heap_create_with_catalog(
		name, schema, table->rd_rel->reltablespace, InvalidOid, InvalidOid, InvalidOid, table->rd_rel->relowner,
		table->rd_rel->relam, RelationGetDescr(table), NIL, RELKIND_RELATION, table->rd_rel->relpersistence, false,
		false, ONCOMMIT_NOOP, WithoutVacuum(OptionsOf(destination)), false, true, true, destination, nullptr);
	CommandCounterIncrement();
	// It stays with the new rows: with the options of the one that goes.
	Oid const toast = table->rd_rel->reltoastrelid;
	if (OidIsValid(toast)) {
		NewHeapCreateToastTable(staging, OptionsOf(toast), AccessExclusiveLock, toast);
	}
	table_close(table, NoLock);
	return staging;
}

Oid
MakeFromShape(const StagingShape *shape, const char *name, Oid schema)
{
	TupleDesc row_type = CreateTemplateTupleDesc(shape->count);
	for (int i = 0; i < shape->count; ++i) {
		const StagingColumn *column = &shape->columns[i];
		auto const number = static_cast<AttrNumber>(i + 1);
		TupleDescInitEntry(row_type, number, NameStr(column->name), column->type, column->modifier, 0);
		TupleDescInitEntryCollation(row_type, number, column->collation);
		TupleDescAttr(row_type, i)->attstorage = column->storage;
		TupleDescAttr(row_type, i)->attcompression = column->compression;
		TupleDescAttr(row_type, i)->attnotnull = column->not_null;
	}
	Oid const staging = heap_create_with_catalog(
		name, schema, shape->tablespace, InvalidOid, InvalidOid, InvalidOid, shape->owner, shape->access_method,
		row_type, NIL, RELKIND_RELATION, shape->persistence, false, false, ONCOMMIT_NOOP,
		WithoutVacuum(static_cast<Datum>(0)), false, true, true, shape->relation, nullptr);
	CommandCounterIncrement();
	NewHeapCreateToastTable(staging, static_cast<Datum>(0), AccessExclusiveLock, InvalidOid);
	return staging;
}

void
LeaveExtension(Oid staging)
{
	(void)deleteDependencyRecordsForClass(RelationRelationId, staging, ExtensionRelationId, DEPENDENCY_EXTENSION);
	CommandCounterIncrement();
}

} // namespace

Oid
FindStagingSchema()
{
	Oid const schema = get_namespace_oid(kStagingSchema, true);
	bool const ours = OidIsValid(schema) && getExtensionOfObject(NamespaceRelationId, schema) == ThisExtension();
	return ours ? schema : InvalidOid;
}

const char *
WhyNotShaped(Relation created)
{
	TupleDesc const row_type = RelationGetDescr(created);
	const TupleConstr *const rules = row_type->constr;
	bool const only_not_null = rules == nullptr || (rules->num_defval == 0 && rules->num_check == 0 &&
													!rules->has_generated_stored && rules->missing == nullptr);
	bool plain = only_not_null && !created->rd_rel->relhasindex && created->trigdesc == nullptr &&
				 created->rd_rules == nullptr && !created->rd_rel->relrowsecurity && created->rd_options == nullptr;
	for (int i = 0; i < row_type->natts; ++i) {
		plain = plain && !TupleDescAttr(row_type, i)->attisdropped;
	}
	return plain ? nullptr : "an event trigger has changed the table that this run created";
}

const StagingShape *
ShapeOf(Relation created)
{
	TupleDesc const row_type = RelationGetDescr(created);
	Size const size = offsetof(StagingShape, columns) + sizeof(StagingColumn) * row_type->natts;
	auto *shape = static_cast<StagingShape *>(palloc0(size));
	shape->size = size;
	shape->relation = RelationGetRelid(created);
	shape->owner = created->rd_rel->relowner;
	shape->tablespace = created->rd_rel->reltablespace;
	shape->access_method = created->rd_rel->relam;
	shape->persistence = created->rd_rel->relpersistence;
	shape->count = row_type->natts;
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(row_type, i);
		StagingColumn *column = &shape->columns[i];
		column->name = attribute->attname;
		column->type = attribute->atttypid;
		column->modifier = attribute->atttypmod;
		column->collation = attribute->attcollation;
		column->storage = attribute->attstorage;
		column->compression = attribute->attcompression;
		column->not_null = attribute->attnotnull;
	}
	return shape;
}

Oid
MakeStaging(Oid destination, const StagingShape *shape, const char *run_id, int attempt)
{
	Oid const schema = FindStagingSchema();
	if (!OidIsValid(schema)) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_SCHEMA),
						errmsg("schema \"%s\" of extension pg_sluice does not exist", kStagingSchema),
						errhint("Create the extension again, or set the option streams to 1.")));
	}
	const char *name = StagingName(run_id, attempt);
	Oid const existing = get_relname_relid(name, schema);
	if (OidIsValid(existing)) {
		return existing;
	}
	Oid const staging = shape != nullptr ? MakeFromShape(shape, name, schema) : MakeLike(destination, name, schema);
	ObjectAddress member;
	ObjectAddress extension;
	ObjectAddressSet(member, RelationRelationId, staging);
	ObjectAddressSet(extension, ExtensionRelationId, ThisExtension());
	recordDependencyOn(&member, &extension, DEPENDENCY_EXTENSION);
	CommandCounterIncrement();
	return staging;
}

Relation
AdoptStaging(Oid staging, Oid schema)
{
	LeaveExtension(staging);
	Relation catalog = table_open(RelationRelationId, RowExclusiveLock);
	AlterRelationNamespaceInternal(catalog, staging, get_rel_namespace(staging), schema, true, new_object_addresses());
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
	return table_open(staging, NoLock);
}

bool
DropStaging(Oid staging)
{
	if (!ConditionalLockRelationOid(staging, AccessExclusiveLock)) {
		return false;
	}
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(staging))) {
		UnlockRelationOid(staging, AccessExclusiveLock);
		return true;
	}
	LeaveExtension(staging);
	ObjectAddress table;
	ObjectAddressSet(table, RelationRelationId, staging);
	performDeletion(&table, DROP_CASCADE, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
	return true;
}

int
ListStaging(const char *run_id, StagingTable *tables, int max)
{
	Oid const schema = FindStagingSchema();
	if (!OidIsValid(schema)) {
		return 0;
	}
	// Along the index on the name: there may be a hundred thousand relations.
	NameData prefix;
	namestrcpy(&prefix, psprintf("%s%s", kStagingPrefix, run_id != nullptr ? run_id : ""));
	ScanKeyData keys[1];
	ScanKeyInit(&keys[0], Anum_pg_class_relname, BTGreaterEqualStrategyNumber, F_NAMEGE, NameGetDatum(&prefix));
	Relation catalog = table_open(RelationRelationId, AccessShareLock);
	Relation index = index_open(ClassNameNspIndexId, AccessShareLock);
	SysScanDesc scan = systable_beginscan_ordered(catalog, index, nullptr, 1, keys);
	int count = 0;
	HeapTuple tuple;
	while (count < max && HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection))) {
		auto *row = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
		if (strncmp(NameStr(row->relname), NameStr(prefix), strlen(NameStr(prefix))) != 0) {
			break;
		}
		if (row->relnamespace == schema && row->relkind == RELKIND_RELATION) {
			tables[count].relation = row->oid;
			strlcpy(tables[count].run_id, NameStr(row->relname) + strlen(kStagingPrefix), sizeof(tables[count].run_id));
			++count;
		}
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(catalog, AccessShareLock);
	return count;
}

} // namespace sluice::engine::leaf
