#include "engine/write/index_twin.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "catalog/index.h"
#include "catalog/pg_index.h"
#include "commands/progress.h"
#include "utils/backend_progress.h"
}

namespace sluice::engine::leaf {

namespace {

// An empty index on the heap with everything of the table's index that decides what is in its file. It carries no
// constraint: that stays with the table's index.
Oid
CreateTwin(Relation heap, Relation index, const IndexInfo *info, const char *name)
{
	// The copy belongs to the catalog row: an exclusion constraint would be looked for there by parallel workers.
	auto *plain = static_cast<IndexInfo *>(palloc(sizeof(IndexInfo)));
	*plain = *info;
	if (info->ii_ExclusionOps != nullptr) {
		plain->ii_ExclusionOps = nullptr;
		plain->ii_ExclusionProcs = nullptr;
		plain->ii_ExclusionStrats = nullptr;
		plain->ii_Unique = false;
	}
	List *columns = NIL;
	TupleDesc const row_type = RelationGetDescr(index);
	auto *opclass_options = static_cast<Datum *>(palloc0(sizeof(Datum) * row_type->natts));
	for (int i = 0; i < row_type->natts; ++i) {
		columns = lappend(columns, pstrdup(NameStr(TupleDescAttr(row_type, i)->attname)));
		opclass_options[i] = get_attoptions(RelationGetRelid(index), static_cast<int16>(i + 1));
	}
	HeapTuple definition = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(RelationGetRelid(index)));
	HeapTuple relation = SearchSysCache1(RELOID, ObjectIdGetDatum(RelationGetRelid(index)));
	if (!HeapTupleIsValid(definition) || !HeapTupleIsValid(relation)) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("index \"%s\" was dropped meanwhile", RelationGetRelationName(index))));
	}
	bool is_null;
	Datum const classes = SysCacheGetAttr(INDEXRELID, definition, Anum_pg_index_indclass, &is_null);
	Datum reloptions = SysCacheGetAttr(RELOID, relation, Anum_pg_class_reloptions, &is_null);
	if (is_null) {
		reloptions = static_cast<Datum>(0);
	}
	pg::compat::NewIndex wanted;
	wanted.name = name;
	wanted.info = plain;
	wanted.columns = columns;
	wanted.access_method = index->rd_rel->relam;
	wanted.tablespace = index->rd_rel->reltablespace;
	wanted.collations = index->rd_indcollation;
	wanted.classes = reinterpret_cast<oidvector *>(DatumGetPointer(classes))->values;
	wanted.class_options = opclass_options;
	wanted.column_options = index->rd_indoption;
	wanted.reloptions = reloptions;
	Oid const twin = pg::compat::CreateIndex(heap, wanted, INDEX_CREATE_SKIP_BUILD);
	ReleaseSysCache(definition);
	ReleaseSysCache(relation);
	return twin;
}

} // namespace

IndexTwinList *
ListIndexes(Relation table)
{
	auto *list = static_cast<IndexTwinList *>(palloc0(sizeof(IndexTwinList)));
	List *indexes = RelationGetIndexList(table);
	list->twins = static_cast<IndexTwin *>(palloc0(sizeof(IndexTwin) * (list_length(indexes) + 1)));
	ListCell *cell;
	foreach (cell, indexes) {
		IndexTwin *twin = &list->twins[list->count++];
		twin->index = lfirst_oid(cell);
		strlcpy(twin->name, get_rel_name(twin->index), NAMEDATALEN);
	}
	list_free(indexes);
	return list;
}

void
BuildTwin(Relation heap, IndexTwin *twin)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice index", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	Oid user;
	int security;
	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(heap->rd_rel->relowner, security | SECURITY_RESTRICTED_OPERATION);
	int const level = NewGUCNestLevel();
	pg::compat::RestrictSearchPathToSystem();

	Relation index = index_open(twin->index, NoLock);
	IndexInfo *info = BuildIndexInfo(index);
	twin->was_invalid = !index->rd_index->indisvalid;
	const char *name =
		ChooseRelationName(psprintf("pg_sluice_%u", twin->index), nullptr, "index", RelationGetNamespace(heap), false);
	strlcpy(twin->twin_name, name, NAMEDATALEN);
	twin->twin = CreateTwin(heap, index, info, twin->twin_name);
	Relation built = index_open(twin->twin, AccessExclusiveLock);
	index_build(heap, built, info, false, true);
	index_close(built, NoLock);
	index_close(index, NoLock);

	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(user, security);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

void
MarkValid(Oid index)
{
	Relation catalog = table_open(IndexRelationId, RowExclusiveLock);
	HeapTuple tuple = SearchSysCacheCopy1(INDEXRELID, ObjectIdGetDatum(index));
	if (!HeapTupleIsValid(tuple)) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("index with OID %u does not exist", index)));
	}
	auto *form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
	if (!form->indisvalid || !form->indisready || !form->indislive || form->indcheckxmin) {
		form->indisvalid = true;
		form->indisready = true;
		form->indislive = true;
		form->indcheckxmin = false;
		CatalogTupleUpdate(catalog, &tuple->t_self, tuple);
	}
	heap_freetuple(tuple);
	table_close(catalog, RowExclusiveLock);
}

void
BeginIndexProgress(Oid table)
{
	pgstat_progress_start_command(PROGRESS_COMMAND_CREATE_INDEX, table);
	pgstat_progress_update_param(PROGRESS_CREATEIDX_COMMAND, PROGRESS_CREATEIDX_COMMAND_CREATE);
}

void
ShowIndexProgress(Oid index)
{
	pgstat_progress_update_param(PROGRESS_CREATEIDX_INDEX_OID, index);
}

void
EndIndexProgress()
{
	pgstat_progress_end_command();
}

} // namespace sluice::engine::leaf
