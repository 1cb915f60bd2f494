#include "api/as_owner.hpp"

#include "api/rights.hpp"
#include "core/session_settings.hpp"
#include "core/sqlstate.hpp"
#include "pg/guard.hpp"
#include "pg/search_path.hpp"
#include "worker/run_setup.hpp"

namespace sluice::api {

namespace {

struct Switch {
	Oid user;
	int security;
	int guc_level;
};

struct Setting {
	const char *name;
	const char *value;
};

void
Enter(Oid owner, int security, const Setting *settings, int count, Switch *saved)
{
	GetUserIdAndSecContext(&saved->user, &saved->security);
	SetUserIdAndSecContext(owner, saved->security | security);
	saved->guc_level = NewGUCNestLevel();
	for (int i = 0; i < count; ++i) {
		(void)set_config_option(settings[i].name, settings[i].value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
								0, false);
	}
}

void
Leave(const Switch *saved)
{
	AtEOXact_GUC(false, saved->guc_level);
	SetUserIdAndSecContext(saved->user, saved->security);
}

void
As(const catalog::Pipeline &pipeline, int security, const std::function<void()> &body)
{
	Switch saved{};
	// pg_temp last, or it would come first.
	std::string const search_path = pg::Trusted(pipeline.search_path, pipeline.owner_oid).kept + ", pg_temp";
	std::vector<Setting> settings{{"search_path", search_path.c_str()}, {"timezone", pipeline.timezone.c_str()}};
	for (const SessionSetting &setting : SessionSettings()) {
		// How long the caller may wait is the caller's matter.
		if ((setting.places & OwnSession) != 0 && !std::string_view(setting.name).ends_with("_timeout")) {
			settings.push_back({setting.name, setting.value});
		}
	}
	pg::Call(Enter, pipeline.owner_oid, security, static_cast<const Setting *>(settings.data()),
			 static_cast<int>(settings.size()), &saved);
	body();
	pg::Call(Leave, static_cast<const Switch *>(&saved));
}

} // namespace

void
AsOwner(const catalog::Pipeline &pipeline, const std::function<void()> &body)
{
	As(pipeline, SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION, body);
}

void
LookAsOwner(const catalog::Pipeline &pipeline, const std::function<void()> &body)
{
	As(pipeline,
	   worker::IsSessionOf(pipeline.owner_oid) ? 0 : SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION,
	   body);
}

void
RequireOwnersRole(const catalog::Pipeline &pipeline, const char *what)
{
	if (!MaySetRoleTo(pipeline.owner_oid)) {
		throw Error(sqlstate::kInsufficientPrivilege, Format("permission denied for pipeline \"{}\"", pipeline.name),
					Format("{} runs the code of the pipeline's owner: it needs the right to SET ROLE to role \"{}\".",
						   what, pipeline.owner));
	}
}

bool
MayNotConnect(const catalog::Pipeline &pipeline)
{
	return (pipeline.source || pipeline.destination) && !pg::Call(superuser_arg, pipeline.owner_oid) &&
		   (pg::Call(superuser_arg, pg::Call(GetSessionUserId)) ||
			pg::Call(superuser_arg, pg::Call(GetAuthenticatedUserId)));
}

void
RequireConnecting(const catalog::Pipeline &pipeline)
{
	if (MayNotConnect(pipeline)) {
		throw Error(sqlstate::kInsufficientPrivilege,
					Format("the servers of role \"{}\" are not connected to in a superuser's session", pipeline.owner),
					"Connect as that role, or as a member of it.");
	}
}

} // namespace sluice::api
