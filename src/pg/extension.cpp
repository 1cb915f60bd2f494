#include "pg/extension.hpp"

#include "core/sqlstate.hpp"

namespace sluice::pg {

namespace {

struct Found {
	Oid oid;
	Oid schema;
	Oid owner;
	char schema_name[2 * NAMEDATALEN + 3];
};

void
Lookup(Found *found)
{
	memset(found, 0, sizeof(*found));
	Relation relation = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("pg_sluice"));
	SysScanDesc scan = systable_beginscan(relation, ExtensionNameIndexId, true, nullptr, 1, &key);
	HeapTuple tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple)) {
		auto *form = reinterpret_cast<Form_pg_extension>(GETSTRUCT(tuple));
		char *name = get_namespace_name(form->extnamespace);
		if (name != nullptr) {
			found->oid = form->oid;
			found->schema = form->extnamespace;
			found->owner = form->extowner;
			strlcpy(found->schema_name, quote_identifier(name), sizeof(found->schema_name));
		}
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
}

} // namespace

Extension
FindExtension()
{
	Found found;
	Call(Lookup, &found);
	Extension extension;
	extension.oid = found.oid;
	extension.schema = found.schema;
	extension.owner = found.owner;
	extension.schema_name = found.schema_name;
	return extension;
}

Extension
RequireExtension()
{
	Extension extension = FindExtension();
	if (!extension.Exists()) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState, "extension \"pg_sluice\" does not exist in this database",
					"Run CREATE EXTENSION pg_sluice.");
	}
	return extension;
}

} // namespace sluice::pg
