#include "api/as_owner.hpp"

#include "pg/guard.hpp"
#include "pg/search_path.hpp"

namespace sluice::api {

namespace {

struct Switch {
	Oid user;
	int security;
	int guc_level;
};

void
Enter(Oid owner, const char *search_path, const char *timezone, Switch *saved)
{
	GetUserIdAndSecContext(&saved->user, &saved->security);
	SetUserIdAndSecContext(owner, saved->security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	saved->guc_level = NewGUCNestLevel();
	(void)set_config_option("search_path", search_path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void)set_config_option("timezone", timezone, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void
Leave(const Switch *saved)
{
	AtEOXact_GUC(false, saved->guc_level);
	SetUserIdAndSecContext(saved->user, saved->security);
}

} // namespace

void
AsOwner(const catalog::Pipeline &pipeline, const std::function<void()> &body)
{
	Switch saved{};
	// pg_temp last, or it would come first.
	std::string const search_path = pg::Trusted(pipeline.search_path, pipeline.owner_oid).kept + ", pg_temp";
	pg::Call(Enter, pipeline.owner_oid, search_path.c_str(), pipeline.timezone.c_str(), &saved);
	body();
	pg::Call(Leave, static_cast<const Switch *>(&saved));
}

} // namespace sluice::api
