#include "pg/extension.hpp"

#include "core/sqlstate.hpp"
#include "core/version.hpp"
#include "pg/extension_lookup.hpp"

#define SLUICE_TEXT_OF(macro) SLUICE_TEXT(macro)
#define SLUICE_TEXT(text) #text

namespace sluice::pg {

namespace leaf {

void
LookUpExtension(ExtensionRow *found)
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
			bool is_null;
			Datum const version =
				heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(relation), &is_null);
			text_to_cstring_buffer(DatumGetTextPP(version), found->version, sizeof(found->version));
		}
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
}

} // namespace leaf

std::string_view
LibraryVersion()
{
	return SLUICE_TEXT_OF(SLUICE_VERSION);
}

bool
Extension::FitsLibrary() const
{
	return version == LibraryVersion();
}

Error
VersionMismatch(const Extension &extension)
{
	bool const older = IsOlderVersion(extension.version, LibraryVersion());
	return Error(sqlstate::kVersionMismatch,
				 Format("extension \"pg_sluice\" is version {} in this database, but the server has loaded the library "
						"of version {}",
						extension.version, LibraryVersion()),
				 older ? "Run ALTER EXTENSION pg_sluice UPDATE."
					   : "Restart the server, so that it loads the library that was installed with the new version.");
}

Extension
FindExtension()
{
	leaf::ExtensionRow found;
	Call(leaf::LookUpExtension, &found);
	Extension extension;
	extension.oid = found.oid;
	extension.schema = found.schema;
	extension.owner = found.owner;
	extension.schema_name = found.schema_name;
	extension.version = found.version;
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
	if (!extension.FitsLibrary()) {
		throw VersionMismatch(extension);
	}
	return extension;
}

} // namespace sluice::pg
