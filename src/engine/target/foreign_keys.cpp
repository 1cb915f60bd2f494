#include "engine/target/foreign_keys.hpp"

#include "pg/compat.hpp"
#include "pg/relation_lookup.hpp"

extern "C" {
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "utils/rls.h"
}

namespace sluice::engine::leaf {

bool
MayRead(Oid relation, Oid role)
{
	return pg_class_aclcheck(relation, role, ACL_SELECT) == ACLCHECK_OK &&
		   check_enable_rls(relation, role, true) != RLS_ENABLED;
}

bool
IsIn(const RelationSet *set, Oid relation)
{
	return bsearch(&relation, set->oids, set->count, sizeof(Oid), oid_cmp) != nullptr;
}

namespace {

struct Key {
	Oid referencing;
	Oid referenced;
	bool full; // MATCH FULL
	int count;
	AttrNumber referencing_columns[INDEX_MAX_KEYS];
	AttrNumber referenced_columns[INDEX_MAX_KEYS];
	Oid operators[INDEX_MAX_KEYS];
};

void
ReadKey(HeapTuple tuple, Key *key)
{
	auto *form = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple));
	key->referencing = form->conrelid;
	key->referenced = form->confrelid;
	key->full = form->confmatchtype == FKCONSTR_MATCH_FULL;
	DeconstructFkConstraintRow(tuple, &key->count, key->referencing_columns, key->referenced_columns, key->operators,
							   nullptr, nullptr, nullptr, nullptr);
}

void
FindKey(Oid constraint, Key *key)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	if (!HeapTupleIsValid(tuple)) {
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("constraint with OID %u does not exist", constraint)));
	}
	ReadKey(tuple, key);
	ReleaseSysCache(tuple);
}

Oid
CollationOf(Oid relation, AttrNumber column)
{
	Oid type;
	int32 modifier;
	Oid collation;
	get_atttypetypmodcoll(relation, column, &type, &modifier, &collation);
	return collation;
}

// Why one query cannot check this constraint; NULL when it can.
const char *
WhyNotByQuery(Form_pg_constraint form, HeapTuple tuple, Relation table, bool own)
{
	Oid const other = own ? form->confrelid : form->conrelid;
	if (pg::compat::HasPeriod(form)) {
		return "is over a period of time";
	}
	if (!own && !form->convalidated) {
		return "is not valid";
	}
	if (!MayRead(other, table->rd_rel->relowner)) {
		return "involves a table that the destination's owner may not read";
	}
	Key key;
	ReadKey(tuple, &key);
	for (int i = 0; i < key.count; ++i) {
		if (CollationOf(key.referencing, key.referencing_columns[i]) !=
			CollationOf(key.referenced, key.referenced_columns[i])) {
			return "compares columns of different collations";
		}
	}
	return nullptr;
}

// An action other than NO ACTION is never deferred.
void
Describe(Form_pg_constraint form, bool own, ForeignKey *found)
{
	found->constraint = form->oid;
	found->referencing = form->conrelid;
	found->referenced = form->confrelid;
	found->deferrable = form->condeferrable && (own || form->confdeltype == FKCONSTR_ACTION_NOACTION);
	strlcpy(found->name, NameStr(form->conname), sizeof(found->name));
}

void
Add(ForeignKeyList *list, Form_pg_constraint form, bool own)
{
	list->keys =
		static_cast<ForeignKey *>(list->keys == nullptr ? palloc(sizeof(ForeignKey))
														: repalloc(list->keys, sizeof(ForeignKey) * (list->count + 1)));
	Describe(form, own, &list->keys[list->count++]);
}

struct Search {
	Relation table;
	const RelationSet *set;
	bool own;	 // constraints of the set
	bool others; // those that point to it
	char *reason;
	Size reason_size;
	Oid reason_of; // the constraint that is the reason
};

void
Collect(ForeignKeyList *list, Search &search)
{
	Relation catalog = table_open(ConstraintRelationId, AccessShareLock);
	// One table's own constraints are found by an index, all others by one look at all.
	bool const by_index = search.set->count == 1 && !search.others;
	ScanKeyData key;
	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(search.set->oids[0]));
	SysScanDesc scan = systable_beginscan(catalog, by_index ? ConstraintRelidTypidNameIndexId : InvalidOid, by_index,
										  nullptr, by_index ? 1 : 0, &key);
	HeapTuple tuple;
	while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
		auto *form = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple));
		// One with a parent is a partition's share of a constraint that is found itself: no table here is a partition
		// of something outside the set.
		if (form->contype != CONSTRAINT_FOREIGN || !pg::compat::IsEnforced(form) || OidIsValid(form->conparentid)) {
			continue;
		}
		bool const own = IsIn(search.set, form->conrelid);
		if (own ? !search.own : !search.others || !IsIn(search.set, form->confrelid)) {
			continue;
		}
		const char *why = WhyNotByQuery(form, tuple, search.table, own);
		if (why != nullptr && (search.reason[0] == '\0' || form->oid < search.reason_of)) {
			strlcpy(search.reason, psprintf("foreign key \"%s\" %s", NameStr(form->conname), why), search.reason_size);
			search.reason_of = form->oid;
		}
		Add(list, form, own);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

// As they were made: a scan without an index finds rows where there was room for them.
int
CompareConstraints(const void *a, const void *b)
{
	Oid const first = static_cast<const ForeignKey *>(a)->constraint;
	Oid const second = static_cast<const ForeignKey *>(b)->constraint;
	return first < second ? -1 : static_cast<int>(first > second);
}

} // namespace

bool
FindForeignKey(Oid constraint, ForeignKey *found)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	if (!HeapTupleIsValid(tuple)) {
		return false;
	}
	auto *form = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple));
	bool const enforced = form->contype == CONSTRAINT_FOREIGN && pg::compat::IsEnforced(form);
	if (enforced) {
		Describe(form, true, found);
	}
	ReleaseSysCache(tuple);
	return enforced;
}

bool
HasDisabledTrigger(Relation table)
{
	TriggerDesc *triggers = table->trigdesc;
	for (int i = 0; triggers != nullptr && i < triggers->numtriggers; ++i) {
		if (triggers->triggers[i].tgisinternal && triggers->triggers[i].tgenabled != TRIGGER_FIRES_ON_ORIGIN) {
			return true;
		}
	}
	return false;
}

ForeignKeyList *
FindForeignKeys(Relation table, const RelationSet *set, bool replaced, char *reason, Size reason_size)
{
	auto *list = static_cast<ForeignKeyList *>(palloc0(sizeof(ForeignKeyList)));
	Search search{table, set, true, replaced && set->count > 1, reason, reason_size, InvalidOid};
	Collect(list, search);
	if (replaced && set->count == 1) {
		search.own = false;
		search.others = true;
		Collect(list, search);
	}
	if (list->count > 1) {
		qsort(list->keys, list->count, sizeof(ForeignKey), CompareConstraints);
	}
	return list;
}

ForeignKeyList *
FindForeignKeys(Relation table, bool replaced, char *reason, Size reason_size)
{
	reason[0] = '\0';
	if (HasDisabledTrigger(table)) {
		strlcpy(reason, "an internal trigger is disabled or fires on replicas only", reason_size);
	}
	Oid alone = RelationGetRelid(table);
	RelationSet const set{1, &alone};
	return FindForeignKeys(table, &set, replaced, reason, reason_size);
}

const char *
ForeignKeyQuery(Oid constraint, const char *referencing, const char *referenced, const char *every)
{
	Key key;
	FindKey(constraint, &key);
	StringInfoData names;
	StringInfoData values;
	StringInfoData join;
	StringInfoData nulls;
	StringInfoData keyed;
	initStringInfo(&names);
	initStringInfo(&values);
	initStringInfo(&join);
	initStringInfo(&nulls);
	initStringInfo(&keyed);
	const char *missing = nullptr;
	for (int i = 0; i < key.count; ++i) {
		const char *fk_name = get_attname(key.referencing, key.referencing_columns[i], false);
		const char *pk_name = get_attname(key.referenced, key.referenced_columns[i], false);
		const char *fk = psprintf("fk.%s", quote_identifier(fk_name));
		const char *pk = psprintf("pk.%s", quote_identifier(pk_name));
		bool const own_names = i > 0;
		appendStringInfo(&names, "%s%s", own_names ? ", " : "", fk_name);
		appendStringInfo(&values, "%sCOALESCE(%s::pg_catalog.text, 'null')", own_names ? ", " : "", fk);
		appendStringInfo(&nulls, "%s%s IS NULL", own_names ? " OR " : "", fk);
		appendStringInfo(&keyed, "%s%s IS NOT NULL", !own_names ? "" : key.full ? " OR " : " AND ", fk);
		if (own_names) {
			appendStringInfoString(&join, " AND ");
		}
		generate_operator_clause(&join, pk, get_atttype(key.referenced, key.referenced_columns[i]), key.operators[i],
								 fk, get_atttype(key.referencing, key.referencing_columns[i]));
		if (missing == nullptr) {
			missing = pk;
		}
	}
	return psprintf("SELECT '(' || %s || ')=(' || pg_catalog.concat_ws(', ', %s) || ')', (%s)%s"
					" FROM %s AS fk LEFT JOIN %s AS pk ON (%s)"
					" WHERE %s IS NULL AND (%s)%s",
					quote_literal_cstr(names.data), values.data, nulls.data, every != nullptr ? every : "", referencing,
					referenced, join.data, missing, keyed.data, every != nullptr ? "" : " LIMIT 1");
}

const char *
ForeignKeyColumns(Oid constraint, bool referencing)
{
	Key key;
	FindKey(constraint, &key);
	Oid const relation = referencing ? key.referencing : key.referenced;
	const AttrNumber *columns = referencing ? key.referencing_columns : key.referenced_columns;
	StringInfoData list;
	initStringInfo(&list);
	for (int i = 0; i < key.count; ++i) {
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", quote_identifier(get_attname(relation, columns[i], false)));
	}
	return list.data;
}

ForeignKeyColumnList
ReferencingColumns(Oid constraint)
{
	Key key;
	FindKey(constraint, &key);
	ForeignKeyColumnList list{};
	for (; list.count < key.count; ++list.count) {
		list.names[list.count] = get_attname(key.referencing, key.referencing_columns[list.count], false);
	}
	return list;
}

const char *
FromItem(Oid relation)
{
	return psprintf("%s%s", get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE ? "" : "ONLY ",
					pg::leaf::QualifiedName(relation));
}

bool
MayShowKey(Oid referencing, Oid referenced, Oid role)
{
	return MayRead(referencing, role) && MayRead(referenced, role);
}

} // namespace sluice::engine::leaf
