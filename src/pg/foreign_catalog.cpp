#include "pg/foreign_catalog.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "foreign/fdwapi.h"
}

namespace sluice::pg::leaf {

namespace {

DefElem *
FindOption(const List *options, const char *option)
{
	const ListCell *cell;
	foreach (cell, options) {
		if (strcmp(lfirst_node(DefElem, cell)->defname, option) == 0) {
			return lfirst_node(DefElem, cell);
		}
	}
	return nullptr;
}

} // namespace

Oid
FindForeignTable(const char *name, Oid server)
{
	List *parts = compat::QualifiedNameList(name);
	if (list_length(parts) > 2) {
		return InvalidOid;
	}
	Oid const relation = RangeVarGetRelid(makeRangeVarFromNameList(parts), NoLock, true);
	if (!OidIsValid(relation) || get_rel_relkind(relation) != RELKIND_FOREIGN_TABLE) {
		return InvalidOid;
	}
	return GetForeignTable(relation)->serverid == server ? relation : InvalidOid;
}

const char *
WrapperName(Oid server)
{
	return GetForeignDataWrapper(GetForeignServer(server)->fdwid)->fdwname;
}

bool
SupportsImport(Oid server)
{
	// A wrapper without a handler cannot read anything.
	if (!OidIsValid(GetForeignDataWrapper(GetForeignServer(server)->fdwid)->fdwhandler)) {
		return false;
	}
	return GetFdwRoutineByServerId(server)->ImportForeignSchema != nullptr;
}

bool
ServerHasOption(Oid server, const char *option)
{
	return FindOption(GetForeignServer(server)->options, option) != nullptr;
}

bool
TableHasOption(Oid table, const char *option)
{
	return FindOption(GetForeignTable(table)->options, option) != nullptr;
}

const char *
TableOption(Oid table, const char *option)
{
	DefElem *element = FindOption(GetForeignTable(table)->options, option);
	return element != nullptr ? defGetString(element) : nullptr;
}

void
RequireServerUsage(Oid server, Oid role)
{
	if (compat::ServerAclCheck(server, role, ACL_USAGE) != ACLCHECK_OK) {
		const char *name = GetForeignServer(server)->servername;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for foreign server %s", name),
				 errhint("Grant it to the owner of the pipeline: GRANT USAGE ON FOREIGN SERVER %s TO %s.",
						 quote_identifier(name), quote_identifier(GetUserNameFromId(role, false)))));
	}
}

} // namespace sluice::pg::leaf
