// What the install script needs: schemas that are free, the triggers of a restore, rights, and the first wake.

#include "api/arguments.hpp"
#include "api/restore.hpp"
#include "catalog/members.hpp"
#include "core/sqlstate.hpp"
#include "pg/extension.hpp"
#include "pg/sql.hpp"
#include "worker/control.hpp"

namespace {

using sluice::Error;
using sluice::Format;

constexpr const char *kTables = "sluice";
constexpr const char *kStaging = "sluice_staging";

void
RequireFree(const char *schema)
{
	if (OidIsValid(sluice::pg::Call(get_namespace_oid, schema, true))) {
		throw Error(
			sluice::sqlstate::kDuplicateSchema, Format("schema \"{}\" already exists", schema),
			Format("pg_sluice keeps its tables in a schema of this name, which must be its own. Drop the one that "
				   "is there, or rename it: ALTER SCHEMA {} RENAME TO ...",
				   schema));
	}
}

} // namespace

SLUICE_FUNCTION(sluice_check_schemas)
{
	sluice::pg::Extension const extension = sluice::pg::FindExtension();
	for (const char *schema : {kTables, kStaging}) {
		if (extension.schema_name == schema) {
			throw Error(
				sluice::sqlstate::kInvalidSchemaName,
				Format("extension \"pg_sluice\" cannot be in schema \"{}\"", schema),
				Format("It keeps its tables in a schema of this name. Name another one in CREATE EXTENSION; if the "
					   "extension is there already: ALTER SCHEMA {} RENAME TO ...",
					   schema));
		}
	}
	RequireFree(kTables);
	PG_RETURN_VOID();
}

SLUICE_FUNCTION(sluice_bind_owner)
{
	return sluice::pg::Call(sluice::api::leaf::BindOwner, fcinfo);
}

SLUICE_FUNCTION(sluice_restore_row)
{
	return sluice::pg::Call(sluice::api::leaf::RestoreRow, fcinfo);
}

SLUICE_FUNCTION(sluice_close)
{
	for (const std::string &statement : sluice::catalog::Revocations()) {
		sluice::pg::Sql(statement);
	}
	PG_RETURN_VOID();
}

SLUICE_FUNCTION(sluice_grant)
{
	std::string const role = sluice::pg::QuoteIdentifier(sluice::api::RequiredArgument(fcinfo, 1, "role", NAMEOID));
	sluice::pg::Sql(Format("GRANT EXECUTE ON ROUTINE {} TO {}{}",
						   sluice::api::RequiredArgument(fcinfo, 0, "routine", REGPROCEDUREOID), role,
						   sluice::api::FlagArgument(fcinfo, 2, false) ? " WITH GRANT OPTION" : ""));
	PG_RETURN_VOID();
}

SLUICE_FUNCTION(sluice_wake)
{
	sluice::worker::PokeAtCommit();
	PG_RETURN_VOID();
}
