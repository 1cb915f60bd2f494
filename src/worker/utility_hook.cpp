#include "worker/utility_hook.hpp"

#include "pg/compat.hpp"
#include "pg/extension_lookup.hpp"
#include "worker/commit_hooks.hpp"
#include "worker/database_slots.hpp"

namespace sluice::worker::leaf {

namespace {

ProcessUtility_hook_type previous_utility_hook = nullptr;
object_access_hook_type previous_access_hook = nullptr;

bool
MayCreateDatabases()
{
	if (superuser()) {
		return true;
	}
	bool may = false;
	HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(GetUserId()));
	if (HeapTupleIsValid(tuple)) {
		may = reinterpret_cast<Form_pg_authid>(GETSTRUCT(tuple))->rolcreatedb;
		ReleaseSysCache(tuple);
	}
	return may;
}

const char *
OptionText(List *options, const char *name)
{
	ListCell *cell;
	foreach (cell, options) {
		DefElem *option = lfirst_node(DefElem, cell);
		if (strcmp(option->defname, name) == 0) {
			return option->arg != nullptr ? defGetString(option) : nullptr;
		}
	}
	return nullptr;
}

// The database that the command needs for itself; null for every other command.
const char *
DatabaseToClear(Node *statement)
{
	switch (nodeTag(statement)) {
	case T_DropdbStmt:
		return castNode(DropdbStmt, statement)->dbname;
	case T_RenameStmt: {
		auto *rename = castNode(RenameStmt, statement);
		return rename->renameType == OBJECT_DATABASE ? rename->subname : nullptr;
	}
	case T_AlterDatabaseStmt: {
		auto *alter = castNode(AlterDatabaseStmt, statement);
		return OptionText(alter->options, "tablespace") != nullptr ? alter->dbname : nullptr;
	}
	case T_CreatedbStmt:
		// Whatever the STRATEGY: nobody may be connected to the source.
		return MayCreateDatabases() ? OptionText(castNode(CreatedbStmt, statement)->options, "template") : nullptr;
	default:
		return nullptr;
	}
}

// DROP DATABASE ... WITH (FORCE), and nothing tells yet that it will be refused.
bool
IsForcedDrop(Node *statement, ProcessUtilityContext context)
{
	if (!IsA(statement, DropdbStmt) || context != PROCESS_UTILITY_TOPLEVEL || IsTransactionBlock()) {
		return false;
	}
	ListCell *cell;
	foreach (cell, castNode(DropdbStmt, statement)->options) {
		if (strcmp(lfirst_node(DefElem, cell)->defname, "force") == 0) {
			return true;
		}
	}
	return false;
}

// Whoever may not run the command is not to disturb the scheduler; the command itself raises the error.
void
ClearTheWay(Node *statement, ProcessUtilityContext context)
{
	const char *name = DatabaseToClear(statement);
	if (name == nullptr || RecoveryInProgress()) {
		return;
	}
	Oid const database = get_database_oid(name, true);
	if (OidIsValid(database) && pg::compat::OwnsDatabase(database, GetUserId())) {
		BarUntilEnd(database);
		// The owner of a database need not have the right to terminate what runs in it as another role.
		if (database != MyDatabaseId && IsForcedDrop(statement, context)) {
			EndRunsOf(database, GetUserId());
		}
	}
}

bool
IsOurs(Oid extension)
{
	const char *name = get_extension_name(extension);
	return name != nullptr && strcmp(name, "pg_sluice") == 0;
}

bool
IsDroppedBy(const DropOwnedStmt *drop, const pg::leaf::ExtensionRow &extension)
{
	ListCell *cell;
	foreach (cell, drop->roles) {
		Oid const role = get_rolespec_oid(lfirst_node(RoleSpec, cell), true);
		// What the first superuser owns the server does not let go.
		if (role == extension.owner && role != BOOTSTRAP_SUPERUSERID && has_privs_of_role(GetUserId(), role)) {
			return true;
		}
	}
	return false;
}

// Only by CASCADE: the extension goes with the schema that it was created in. Those that it made itself are refused.
bool
IsDroppedWith(Oid schema, const pg::leaf::ExtensionRow &extension)
{
	if (!OidIsValid(schema) || schema != extension.schema) {
		return false;
	}
	HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	if (!HeapTupleIsValid(tuple)) {
		return false;
	}
	Oid const owner = reinterpret_cast<Form_pg_namespace>(GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return has_privs_of_role(GetUserId(), owner);
}

// The command takes the extension away, and who gives it has the right to.
bool
DropsExtension(Node *statement)
{
	if (!IsA(statement, DropStmt) && !IsA(statement, DropOwnedStmt)) {
		return false;
	}
	pg::leaf::ExtensionRow extension;
	pg::leaf::LookUpExtension(&extension);
	if (!OidIsValid(extension.oid)) {
		return false;
	}
	if (IsA(statement, DropOwnedStmt)) {
		return IsDroppedBy(castNode(DropOwnedStmt, statement), extension);
	}
	auto *drop = castNode(DropStmt, statement);
	bool const schemas = drop->removeType == OBJECT_SCHEMA && drop->behavior == DROP_CASCADE;
	if (drop->removeType != OBJECT_EXTENSION && !schemas) {
		return false;
	}
	ListCell *cell;
	foreach (cell, drop->objects) {
		const char *name = strVal(lfirst(cell));
		if (schemas ? IsDroppedWith(get_namespace_oid(name, true), extension)
					: strcmp(name, "pg_sluice") == 0 && has_privs_of_role(GetUserId(), extension.owner)) {
			return true;
		}
	}
	return false;
}

bool
IsCommitPrepared(Node *statement)
{
	return IsA(statement, TransactionStmt) && castNode(TransactionStmt, statement)->kind == TRANS_STMT_COMMIT_PREPARED;
}

void
OnUtility(PlannedStmt *planned, const char *query, bool read_only_tree, ProcessUtilityContext context,
		  ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *destination,
		  QueryCompletion *completion)
{
	Node *statement = planned->utilityStmt;
	bool const commit_prepared = IsCommitPrepared(statement);
	if (IsA(statement, CreatedbStmt)) {
		RescanAtCommit();
	}
	// Catalogs can be read only inside a transaction; COMMIT and its like are not for us.
	if (!IsA(statement, TransactionStmt)) {
		ClearTheWay(statement, context);
		if (!RecoveryInProgress() && DropsExtension(statement)) {
			StopRunsHere(GetUserId());
		}
	}
	ProcessUtility_hook_type const next =
		previous_utility_hook != nullptr ? previous_utility_hook : standard_ProcessUtility;
	next(planned, query, read_only_tree, context, parameters, environment, destination, completion);
	if (commit_prepared) {
		PokeDatabase(MyDatabaseId);
	}
}

void
OnObjectAccess(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *argument)
{
	if (previous_access_hook != nullptr) {
		previous_access_hook(access, class_id, object_id, sub_id, argument);
	}
	if (class_id != ExtensionRelationId) {
		return;
	}
	if (access == OAT_POST_CREATE || access == OAT_POST_ALTER) {
		// Created: its name is not visible yet. Altered: it may have become what the library can serve, or not. The
		// launcher looks.
		ProbeAtCommit();
	} else if (access == OAT_DROP) {
		if (IsOurs(object_id)) {
			StopEverythingAtCommit();
		}
	}
}

} // namespace

void
InstallHooks()
{
	previous_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = OnUtility;
	previous_access_hook = object_access_hook;
	object_access_hook = OnObjectAccess;
}

} // namespace sluice::worker::leaf
