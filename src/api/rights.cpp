#include "api/rights.hpp"

#include "api/arguments.hpp"
#include "api/names.hpp"
#include "core/sqlstate.hpp"
#include "pg/compat.hpp"
#include "pg/settings.hpp"
#include "pg/sql.hpp"
#include "pg/trusted_path.hpp"

namespace sluice::api {

namespace {

Oid
RoleNamed(const std::string &name)
{
	return pg::Call(get_role_oid, name.c_str(), true);
}

} // namespace

bool
MaySetRoleTo(Oid role)
{
	return pg::Call(pg::compat::CanSetRole, GetUserId(), role);
}

bool
HasRightsOf(Oid role)
{
	return pg::Call(has_privs_of_role, GetUserId(), role);
}

void
RequireChange(const catalog::Pipeline &pipeline)
{
	if (!MaySetRoleTo(pipeline.owner_oid)) {
		throw Error(sqlstate::kInsufficientPrivilege, Format("permission denied for pipeline \"{}\"", pipeline.name),
					Format("Changing it needs the right to SET ROLE to its owner, role \"{}\".", pipeline.owner));
	}
}

catalog::Pipeline
FindForUse(const std::string &identifier)
{
	return catalog::ResolvePipeline(identifier, GetUserId());
}

catalog::Pipeline
FindForChange(const std::string &identifier)
{
	catalog::Pipeline const found = FindForUse(identifier);
	RequireChange(found);
	std::optional<catalog::Pipeline> locked = catalog::LockPipeline(found.id);
	if (!locked || !HasRightsOf(locked->owner_oid)) {
		throw catalog::NoSuchPipeline(identifier);
	}
	// It may have got another owner while we waited for the lock.
	RequireChange(*locked);
	return *std::move(locked);
}

std::optional<catalog::RunRow>
FindVisibleRun(const std::string &id)
{
	std::optional<catalog::RunRow> run = catalog::FindRun(id, true);
	return run && HasRightsOf(run->owner_oid) ? std::move(run) : std::nullopt;
}

catalog::RunRow
FindRunForUse(const std::string &id)
{
	std::optional<catalog::RunRow> run = FindVisibleRun(id);
	if (!run) {
		throw catalog::NoSuchRun(id);
	}
	return *std::move(run);
}

Owner
CheckOwner(const std::string &name)
{
	Oid const role = RoleNamed(name);
	if (!OidIsValid(role)) {
		throw Error(sqlstate::kUndefinedObject, Format("role \"{}\" does not exist", name));
	}
	if (!MaySetRoleTo(role)) {
		throw Error(sqlstate::kInsufficientPrivilege, Format("must be able to SET ROLE \"{}\"", name),
					"A pipeline runs as its owner, so only those who can become that role may give it one.");
	}
	if (pg::compat::kWorkersNeedLogin && !pg::Call(pg::leaf::RoleCanLogin, role)) {
		std::string const quoted = pg::QuoteIdentifier(name);
		throw Error(sqlstate::kObjectNotInPrerequisiteState, Format("role \"{}\" is not permitted to log in", name),
					Format("On this version of PostgreSQL a run's worker connects as the owner. "
						   "ALTER ROLE {} LOGIN CONNECTION LIMIT 0 PASSWORD NULL lets workers in, but no client.",
						   quoted));
	}
	return {role, name};
}

void
WarnIfParked(const catalog::Pipeline &pipeline)
{
	if (pipeline.parked) {
		Warning(Format("pipeline \"{}\" stays parked, because it was defined in another database, of which this one "
					   "is a copy",
					   pipeline.name),
				kAdoptHint);
	}
}

std::string
PreloadHint()
{
	return "Add the line shared_preload_libraries = 'pg_sluice' to postgresql.conf (after a comma if others are "
		   "preloaded already) and restart the server.";
}

void
RequirePreload(const char *what)
{
	if (!pg::IsPreloaded()) {
		throw Error(sqlstate::kNotPreloaded, Format("{} needs pg_sluice to be preloaded", what),
					PreloadHint() + " CALL run_pipeline works without.");
	}
}

} // namespace sluice::api
