// Everything that differs between PostgreSQL 15, 16, 17 and 18, and the only place that may look at
// PG_VERSION_NUM. Each wrapper has the newest signature.
#pragma once

#include "pg/prelude.hpp"

extern "C" {
#include "executor/nodeModifyTable.h"
#include "nodes/parsenodes.h"
#include "parser/parse_relation.h"
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
	(void) name;
	return PG_WAIT_EXTENSION;
#endif
}

} // namespace sluice::pg::compat
