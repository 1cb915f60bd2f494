// validate_pipeline.

#include "api/arguments.hpp"
#include "api/as_owner.hpp"
#include "api/due_time.hpp"
#include "api/health_checks.hpp"
#include "api/rights.hpp"
#include "catalog/overview.hpp"
#include "core/schedule.hpp"
#include "engine/validate.hpp"
#include "pg/sql.hpp"
#include "pg/zone.hpp"
#include "worker/owner_check.hpp"

namespace {

namespace api = sluice::api;
namespace catalog = sluice::catalog;
namespace pg = sluice::pg;
using catalog::Pipeline;
using sluice::CheckReport;
using sluice::Error;
using sluice::Format;

void
SeeOwner(const Pipeline &pipeline, const char *check, CheckReport *report)
{
	if (std::optional<Error> const why_not = sluice::worker::WhyOwnerCannotRun(pipeline)) {
		report->Error(check, why_not->Info().message, why_not->Info().hint);
	} else {
		report->Ok(check, Format("role \"{}\" may connect to this database", pipeline.owner));
	}
}

// A session of the owner would begin as another role.
void
SeeRoleSetting(const Pipeline &pipeline, const char *check, CheckReport *report)
{
	pg::SqlResult const set = pg::Sql(
		"SELECT CASE WHEN d.setrole OPERATOR(pg_catalog.=) 0 THEN CASE WHEN d.setdatabase OPERATOR(pg_catalog.=) 0 "
		"THEN "
		"'ALTER ROLE ALL' ELSE pg_catalog.format('ALTER DATABASE %I', pg_catalog.current_database()) END ELSE "
		"pg_catalog.format('ALTER ROLE %s', $1::pg_catalog.oid::pg_catalog.regrole) OPERATOR(pg_catalog.||) CASE WHEN "
		"d.setdatabase OPERATOR(pg_catalog.=) 0 THEN '' ELSE pg_catalog.format(' IN DATABASE %I', "
		"pg_catalog.current_database()) END END, pg_catalog.substr(s, 6) "
		"FROM pg_catalog.pg_db_role_setting d, pg_catalog.unnest(d.setconfig) AS s, pg_catalog.pg_database b "
		"WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() "
		"AND d.setrole OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, $1::pg_catalog.oid]) "
		"AND d.setdatabase OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, b.oid]) "
		"AND pg_catalog.starts_with(s, 'role=') AND s OPERATOR(pg_catalog.<>) 'role=none'",
		{Format("{}", pipeline.owner_oid)});
	for (size_t row = 0; row < set.Rows(); ++row) {
		report->Error(check,
					  Format("a session of role \"{}\" begins as role \"{}\", and a run with it", pipeline.owner,
							 set.Text(row, 1)),
					  set.Text(row, 0) + " RESET role;");
	}
	if (set.Empty()) {
		report->Ok(check, Format("no setting makes a session of role \"{}\" another one's", pipeline.owner));
	}
}

void
SeeStatus(const Pipeline &pipeline, const char *check, CheckReport *report)
{
	if (pipeline.parked) {
		report->Warning(check, "it is parked, because it was defined in another database, of which this one is a copy",
						api::kAdoptHint);
	} else if (pipeline.status != "active") {
		report->Warning(check, "it is inactive: nothing starts it", "Set status => 'active' with alter_pipeline.");
	} else if (pipeline.paused) {
		report->Warning(check,
						"it is paused" + (pipeline.paused_reason ? ": " + *pipeline.paused_reason : std::string()),
						"End the pause with resume_pipeline.");
	} else {
		report->Ok(check, "it is active");
	}
}

void
SeeSchedule(const Pipeline &pipeline, const char *check, CheckReport *report)
{
	if (!pipeline.schedule) {
		report->Ok(check, pipeline.depends_on.empty() ? "none: it is started by hand" : "none: it follows others");
		return;
	}
	Pipeline checked = pipeline;
	api::CheckSchedule(&checked);
	std::string const words =
		Format("{} ({})", sluice::Schedule::Parse(*pipeline.schedule, sluice::ScheduleText::Stored).Describe(),
			   pipeline.timezone);
	if (pipeline.parked || pipeline.status != "active" || pipeline.paused) {
		report->Ok(check, words + ", once it may start");
	} else if (std::optional<TimestampTz> const next = api::NextDue(pipeline)) {
		report->Ok(check, Format("{}, next at {}", words, api::LocalText(*next, pg::PgZone::Find(pipeline.timezone))));
	} else {
		report->Warning(check, words + ", which is not due any more before its end_at",
						"Set the option end_at to a later time, or to null.");
	}
}

void
SeeDependencies(const Pipeline &pipeline, const char *check, CheckReport *report)
{
	size_t fit = 0;
	for (const std::string &id : pipeline.depends_on) {
		std::optional<Pipeline> const other = catalog::FindPipeline(id);
		if (!other) {
			report->Error(check, Format("pipeline {}, on which it depends, does not exist", id),
						  "Set depends_on anew with alter_pipeline.");
		} else if (!api::HasRightsOf(other->owner_oid)) {
			report->Warning(check, Format("not checked: pipeline {} belongs to a role whose rights you lack", id));
		} else if (other->parked || other->status != "active" || other->paused) {
			report->Warning(check,
							Format("pipeline \"{}\", which it follows, is {}", other->name,
								   other->parked   ? "parked"
								   : other->paused ? "paused"
												   : "inactive"),
							"While that does not run, this one is started by hand only.");
		} else {
			++fit;
		}
	}
	if (fit == pipeline.depends_on.size()) {
		report->Ok(check, fit == 0 ? "it depends on no other" : "what it follows may start");
	}
}

struct Check {
	const char *name;
	void (*run)(const Pipeline &pipeline, const char *check, CheckReport *report);
};

constexpr Check kChecks[] = {
	{"status", SeeStatus}, {"schedule", SeeSchedule},		 {"depends_on", SeeDependencies},
	{"owner", SeeOwner},   {"role_setting", SeeRoleSetting},
};

bool
RoleExists(Oid role)
{
	return SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role));
}

void
Validate(const Pipeline &pipeline, CheckReport *report)
{
	sluice::worker::HealthFacts const facts = sluice::worker::CollectHealth();
	api::CheckServer(facts, *report);
	api::CheckSlots(facts, catalog::Look(GetUserId()).queued, *report);
	for (const Check &check : kChecks) {
		std::optional<Error> const failure = pg::Subtransaction([&] { check.run(pipeline, check.name, report); });
		if (failure) {
			report->Error(check.name, failure->Info().message, failure->Info().hint);
		}
	}
	if (!pg::Call(RoleExists, pipeline.owner_oid)) {
		report->NotChecked("definition", "a run is looked at as its owner, who does not exist");
		return;
	}
	std::string const why_not =
		api::MayNotConnect(pipeline)
			? Format("the servers of role \"{}\" are not connected to in a superuser's session", pipeline.owner)
			: std::string();
	api::LookAsOwner(pipeline, [&] { sluice::engine::ValidateRun(pipeline, why_not, report); });
}

} // namespace

SLUICE_PIPELINE_FUNCTION(sluice_validate_pipeline)
{
	Pipeline const found = api::FindForUse(pipeline);
	api::RequireOwnersRole(found, "validate_pipeline");
	CheckReport report;
	Validate(found, &report);
	return api::RowsResult(fcinfo, api::RowsOf(report));
}
