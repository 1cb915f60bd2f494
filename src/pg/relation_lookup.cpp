#include "pg/relation_lookup.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "commands/dbcommands.h"
}

namespace sluice::pg::leaf {

Oid
FindRelation(const char *name)
{
	RangeVar *range = makeRangeVarFromNameList(compat::QualifiedNameList(name));
	return RangeVarGetRelid(range, NoLock, true);
}

char *
QualifiedName(Oid relation)
{
	const char *name = get_rel_name(relation);
	if (name == nullptr) {
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", relation)));
	}
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), name);
}

Oid
FindTemporary(const char *name)
{
	Oid schema;
	Oid toast;
	GetTempNamespaceState(&schema, &toast);
	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

bool
MayMakeTemporary()
{
	return compat::DatabaseAclCheck(MyDatabaseId, GetUserId(), ACL_CREATE_TEMP) == ACLCHECK_OK;
}

void
RequireTemporaryRight()
{
	if (!MayMakeTemporary()) {
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied to create temporary tables in database \"%s\"",
							   get_database_name(MyDatabaseId)),
						errhint("Grant it to the owner of the pipeline: GRANT TEMPORARY ON DATABASE %s TO %s.",
								quote_identifier(get_database_name(MyDatabaseId)),
								quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
	// The server would say so too, but not what to do.
	if (InSecurityRestrictedOperation()) {
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("the source cannot be looked at in this session, because that takes a temporary table"),
						errhint("Ask connected as role %s: only there may temporary tables be made.",
								quote_identifier(GetUserNameFromId(GetUserId(), false)))));
	}
}

} // namespace sluice::pg::leaf
