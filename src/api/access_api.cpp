// allow_pipelines, disallow_pipelines.

#include "api/arguments.hpp"
#include "catalog/members.hpp"
#include "core/sqlstate.hpp"
#include "pg/extension.hpp"
#include "pg/sql.hpp"

namespace {

using sluice::Error;

void
RequireExtensionOwner(const sluice::pg::Extension &extension)
{
	if (!sluice::pg::Call(has_privs_of_role, GetUserId(), extension.owner)) {
		throw Error(sluice::sqlstate::kInsufficientPrivilege, "must be owner of extension pg_sluice",
					"Ask the role that ran CREATE EXTENSION, or a superuser.");
	}
}

// A role as GRANT takes it.
std::string
Grantee(FunctionCallInfo fcinfo)
{
	std::string const role = sluice::api::RequiredArgument(fcinfo, 0, "role", NAMEOID);
	if (role == "public") {
		return "PUBLIC";
	}
	(void)sluice::pg::Call(get_role_oid, role.c_str(), false);
	return sluice::pg::QuoteIdentifier(role);
}

std::string
PublicRoutines()
{
	// Not for those to whom only running pipelines is granted.
	std::string list;
	for (const std::string &routine : sluice::catalog::Routines()) {
		if (routine.find("allow_pipelines(") == std::string::npos) {
			list += (list.empty() ? "" : ", ") + routine;
		}
	}
	return list;
}

} // namespace

SLUICE_FUNCTION(sluice_allow_pipelines)
{
	sluice::pg::Extension const extension = sluice::pg::RequireExtension();
	RequireExtensionOwner(extension);
	std::string const role = Grantee(fcinfo);
	sluice::pg::Sql(sluice::Format("GRANT USAGE ON SCHEMA {} TO {}", extension.schema_name, role));
	sluice::pg::Sql(sluice::Format("GRANT EXECUTE ON ROUTINE {} TO {}", PublicRoutines(), role));
	PG_RETURN_VOID();
}

SLUICE_FUNCTION(sluice_disallow_pipelines)
{
	RequireExtensionOwner(sluice::pg::RequireExtension());
	std::string const role = Grantee(fcinfo);
	sluice::pg::Sql(sluice::Format("REVOKE EXECUTE ON ROUTINE {} FROM {}", PublicRoutines(), role));
	PG_RETURN_VOID();
}
