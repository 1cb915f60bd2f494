#include "pg/trusted_path.hpp"

extern "C" {
#include "catalog/pg_auth_members.h"
#include "utils/catcache.h"
#include "utils/varlena.h"
}

namespace sluice::pg::leaf {

namespace {

Oid
DatabaseOwner()
{
	HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	if (!HeapTupleIsValid(tuple)) {
		return InvalidOid;
	}
	Oid const owner = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple))->datdba;
	ReleaseSysCache(tuple);
	return owner;
}

List *
WithMembers(List *roles, Oid role)
{
	if (role == ROLE_PG_DATABASE_OWNER) {
		roles = list_append_unique_oid(roles, DatabaseOwner());
	}
	CatCList *members = SearchSysCacheList1(AUTHMEMROLEMEM, ObjectIdGetDatum(role));
	for (int i = 0; i < members->n_members; ++i) {
		HeapTuple tuple = &members->members[i]->tuple;
		roles = list_append_unique_oid(roles, reinterpret_cast<Form_pg_auth_members>(GETSTRUCT(tuple))->member);
	}
	ReleaseSysCacheList(members);
	return roles;
}

// Whether somebody can act as that role who can neither act as the owner nor is a superuser.
bool
OthersActAs(Oid role, Oid owner)
{
	List *roles = list_make1_oid(role);
	// Grows while it is read: groups are members of groups.
	for (int i = 0; i < list_length(roles); ++i) {
		Oid const one = list_nth_oid(roles, i);
		if (superuser_arg(one) || is_member_of_role_nosuper(one, owner)) {
			continue;
		}
		if (RoleCanLogin(one)) {
			return true;
		}
		roles = WithMembers(roles, one);
	}
	return false;
}

bool
Trusts(Oid owner, Oid role)
{
	// Membership without the short cut for superusers: a superuser's pipeline is worth the most to a thief.
	bool const own =
		is_member_of_role_nosuper(owner, role) || (role == ROLE_PG_DATABASE_OWNER && superuser_arg(DatabaseOwner()));
	return superuser_arg(role) || (own && !OthersActAs(role, owner));
}

bool
OthersMayCreateIn(Oid schema, Oid owner)
{
	HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	if (!HeapTupleIsValid(tuple)) {
		return true;
	}
	bool others = !Trusts(owner, reinterpret_cast<Form_pg_namespace>(GETSTRUCT(tuple))->nspowner);
	bool is_null;
	Datum const datum = SysCacheGetAttr(NAMESPACEOID, tuple, Anum_pg_namespace_nspacl, &is_null);
	if (!is_null && !others) {
		Acl *acl = DatumGetAclP(datum);
		AclItem *items = ACL_DAT(acl);
		for (int i = 0; i < ACL_NUM(acl); ++i) {
			if ((ACLITEM_GET_PRIVS(items[i]) & ACL_CREATE) != 0 &&
				(items[i].ai_grantee == ACL_ID_PUBLIC || !Trusts(owner, items[i].ai_grantee))) {
				others = true;
			}
		}
	}
	ReleaseSysCache(tuple);
	return others;
}

void
Append(StringInfo list, const char *name)
{
	if (list->len > 0) {
		appendStringInfoString(list, ", ");
	}
	appendStringInfoString(list, quote_identifier(name));
}

} // namespace

void
ReadSearchPath(const char *path, Oid owner, SearchPath *out)
{
	StringInfoData kept;
	StringInfoData dropped;
	initStringInfo(&kept);
	initStringInfo(&dropped);
	List *names;
	if (!SplitIdentifierString(pstrdup(path != nullptr ? path : namespace_search_path), ',', &names)) {
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("search_path is not a list of schemas")));
	}
	ListCell *cell;
	foreach (cell, names) {
		const char *name = static_cast<const char *>(lfirst(cell));
		if (strcmp(name, "$user") == 0) {
			// As whom the path is used, whoever stores it.
			name = GetUserNameFromId(owner, true);
		}
		Oid const schema = name != nullptr ? get_namespace_oid(name, true) : InvalidOid;
		if (!OidIsValid(schema) || isAnyTempNamespace(schema)) {
			continue;
		}
		Append(OthersMayCreateIn(schema, owner) ? &dropped : &kept, name);
	}
	if (kept.len == 0) {
		appendStringInfoString(&kept, "pg_catalog");
	}
	out->kept = kept.data;
	out->dropped = dropped.data;
}

bool
RoleCanLogin(Oid role)
{
	HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
	if (!HeapTupleIsValid(tuple)) {
		return false;
	}
	bool const can = reinterpret_cast<Form_pg_authid>(GETSTRUCT(tuple))->rolcanlogin;
	ReleaseSysCache(tuple);
	return can;
}

} // namespace sluice::pg::leaf
