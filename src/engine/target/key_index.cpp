#include "engine/target/key_index.hpp"

extern "C" {
#include "access/nbtree.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "utils/ruleutils.h"
#include "utils/typcache.h"
}

namespace sluice::engine::leaf {

namespace {

// Whether attribute is a column of the index that is compared as its type is everywhere.
bool
IsPlainColumn(Relation table, Relation index, int position, const char *key)
{
	AttrNumber const number = index->rd_index->indkey.values[position];
	if (number <= 0) {
		return false;
	}
	Form_pg_attribute const column = TupleDescAttr(RelationGetDescr(table), number - 1);
	Oid const opclass = GetDefaultOpClass(getBaseType(column->atttypid), BTREE_AM_OID);
	return strcmp(NameStr(column->attname), key) == 0 && OidIsValid(opclass) &&
		   get_opclass_family(opclass) == index->rd_opfamily[position] &&
		   index->rd_indcollation[position] == column->attcollation;
}

// Of all rows, or of those that are current.
bool
HoldsRows(Relation table, Relation index, const char *current)
{
	List *const predicate = RelationGetIndexPredicate(index);
	if (current == nullptr) {
		return predicate == NIL;
	}
	Node *const condition = list_length(predicate) == 1 ? static_cast<Node *>(linitial(predicate)) : nullptr;
	return condition != nullptr && IsA(condition, Var) &&
		   reinterpret_cast<Var *>(condition)->varattno == get_attnum(RelationGetRelid(table), current);
}

bool
IsOnKeys(Relation table, Relation index, int count, const char *const *keys, const char *current)
{
	Form_pg_index const form = index->rd_index;
	if (!form->indisunique || !form->indimmediate || !form->indisvalid || form->indnkeyatts != count ||
		!HoldsRows(table, index, current)) {
		return false;
	}
	for (int k = 0; k < count; ++k) {
		bool found = false;
		for (int position = 0; position < count; ++position) {
			found = found || IsPlainColumn(table, index, position, keys[k]);
		}
		if (!found) {
			return false;
		}
	}
	return true;
}

} // namespace

const char *
FindKeyIndex(Relation table, int count, const char *const *keys, const char *current)
{
	const char *name = nullptr;
	ListCell *cell;
	foreach (cell, RelationGetIndexList(table)) {
		Relation const index = index_open(lfirst_oid(cell), AccessShareLock);
		if (name == nullptr && IsOnKeys(table, index, count, keys, current)) {
			name = pstrdup(RelationGetRelationName(index));
		}
		index_close(index, NoLock);
	}
	return name;
}

const char *
EqualityOf(Oid type)
{
	Oid const found = lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;
	if (!OidIsValid(found)) {
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION), errmsg("values of type %s cannot be keys", format_type_be(type)),
				 errdetail("The type has no equality that an index could use.")));
	}
	HeapTuple const tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(found));
	const auto *const form = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
	const char *const text =
		psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return text;
}

bool
CanBeSorted(Oid type)
{
	return OidIsValid(lookup_type_cache(type, TYPECACHE_LT_OPR)->lt_opr);
}

// Indexes ask the same before they keep a value once for several rows.
bool
EqualMeansSame(Oid type, Oid collation)
{
	const TypeCacheEntry *const found = lookup_type_cache(type, TYPECACHE_EQ_OPR | TYPECACHE_BTREE_OPFAMILY);
	// Of bpchar without a length one value may have blanks at its end.
	if (type == BPCHAROID || !OidIsValid(found->btree_opf) ||
		found->eq_opr != get_opfamily_member(found->btree_opf, found->btree_opintype, found->btree_opintype,
											 BTEqualStrategyNumber)) {
		return false;
	}
	Oid const says =
		get_opfamily_proc(found->btree_opf, found->btree_opintype, found->btree_opintype, BTEQUALIMAGE_PROC);
	return OidIsValid(says) &&
		   DatumGetBool(OidFunctionCall1Coll(says, collation, ObjectIdGetDatum(found->btree_opintype)));
}

const char *
CollationName(Oid collation)
{
	return generate_collation_name(collation);
}

} // namespace sluice::engine::leaf
