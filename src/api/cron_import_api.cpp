// import_cron_jobs.

#include "api/arguments.hpp"
#include "api/as_owner.hpp"
#include "api/definition_store.hpp"
#include "core/identifier.hpp"
#include "core/pg_cron.hpp"
#include "core/sqlstate.hpp"
#include "engine/command/command_plan.hpp"

namespace sluice::api {

namespace leaf {

namespace {

enum class JobTable : int { Missing, Foreign, Usable };

// Reading a table calls its types, and a view functions: that of somebody else, who has made a schema of that name, is
// not read.
JobTable
LookForJobs()
{
	Oid const schema = get_namespace_oid("cron", true);
	Oid const relation = OidIsValid(schema) ? get_relname_relid("job", schema) : InvalidOid;
	HeapTuple tuple = OidIsValid(relation) ? SearchSysCache1(RELOID, ObjectIdGetDatum(relation)) : nullptr;
	if (!HeapTupleIsValid(tuple)) {
		return JobTable::Missing;
	}
	auto *form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
	bool const usable =
		form->relkind == RELKIND_RELATION && (superuser_arg(form->relowner) || form->relowner == GetUserId());
	ReleaseSysCache(tuple);
	return usable ? JobTable::Usable : JobTable::Foreign;
}

} // namespace

} // namespace leaf

namespace {

using catalog::Pipeline;

struct Job {
	std::string id;
	std::string schedule;
	std::string command;
	std::string host;
	std::string port;
	std::string database;
	std::string user;
	bool active = false;
	std::optional<std::string> name;
	std::string search_path; // of that role in this database
};

struct Imported {
	std::optional<std::string> pipeline;
	std::string action = "skipped";
	std::string note;
};

void
RequireJobs()
{
	switch (pg::Call(leaf::LookForJobs)) {
	case leaf::JobTable::Usable:
		return;
	case leaf::JobTable::Missing:
		throw Error(sqlstate::kUndefinedTable, "there is no table cron.job in this database",
					"pg_cron keeps its jobs in one database, the one that cron.database_name names: call "
					"import_cron_jobs() there.");
	case leaf::JobTable::Foreign:
		throw Error(sqlstate::kWrongObjectType, "cron.job is not pg_cron's table of jobs",
					"pg_cron's is a table that a superuser owns.");
	}
}

std::vector<Job>
ReadJobs()
{
	pg::SqlOptions options;
	options.run_as = GetUserId();
	pg::SqlResult const rows = pg::Sql(
		"SELECT j.jobid, j.schedule, j.command, j.nodename, j.nodeport, j.database, j.username, j.active, "
		"jsonb_object_field_text(to_jsonb(j), 'jobname'), replace(COALESCE((SELECT substr(s.setting, 13) FROM "
		"pg_db_role_setting c, unnest(c.setconfig) s (setting), pg_database d WHERE d.datname = current_database() AND "
		"c.setdatabase IN (0, d.oid) AND c.setrole IN (0, (SELECT r.oid FROM pg_roles r WHERE r.rolname = j.username)) "
		"AND starts_with(s.setting, 'search_path=') ORDER BY c.setrole = 0, c.setdatabase = 0 LIMIT 1), "
		"'\"$user\", public'), '\"$user\"', quote_ident(j.username)) FROM cron.job j ORDER BY j.jobid",
		{}, options);
	std::vector<Job> jobs;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		jobs.push_back({rows.Text(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.Text(row, 3), rows.Text(row, 4),
						rows.Text(row, 5), rows.Text(row, 6), rows.IsTrue(row, 7), rows.Cell(row, 8),
						rows.Text(row, 9)});
	}
	return jobs;
}

std::string
TimeZoneOfCron()
{
	const char *zone = pg::Call(GetConfigOption, "cron.timezone", true, false);
	return zone != nullptr && *zone != '\0' ? zone : "GMT";
}

bool
IsHere(const Job &job)
{
	return job.host.empty() || job.host == "localhost" || job.host == "127.0.0.1" || job.host == "::1" ||
		   job.host.starts_with('/');
}

class Notes {
public:
	void Add(const std::string &note)
	{
		if (!note.empty()) {
			text_ += (text_.empty() ? "" : "; ") + note;
		}
	}
	std::string Text() const { return text_; }

private:
	std::string text_;
};

// What pg_cron calls the job, unless that is no name of a pipeline.
std::string
NameOf(const Job &job, Notes *notes)
{
	std::string by_id = "cron_job_" + job.id;
	if (!job.name || job.name->empty()) {
		return by_id;
	}
	try {
		CheckPipelineName(*job.name);
		return *job.name;
	} catch (const Error &error) {
		notes->Add(Format("it cannot be called \"{}\": {}", *job.name, error.what()));
		return by_id;
	}
}

std::string
DefinitionOf(const Job &job, const std::string &name, const FromPgCron &translated)
{
	return pg::Sql("SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('name', $1, 'owner', $2, "
				   "'command', $3, 'schedule', $4, 'timezone', $5, 'search_path', $6, 'status', 'inactive', 'options', "
				   "pg_catalog.jsonb_build_object('on_overlap', 'queue_one', 'on_missed', 'skip')))",
				   {name, job.user, job.command, translated.schedule, TimeZoneOfCron(), job.search_path})
		.Text(0, 0);
}

// Inactive, it may be anything.
std::string
WhyNotActive(const Pipeline &pipeline)
{
	std::optional<Error> const failure =
		pg::Subtransaction([&pipeline] { AsOwner(pipeline, [&pipeline] { engine::CheckCommand(pipeline); }); });
	return failure ? Format("cannot be activated as it is: {}", failure->what()) : std::string();
}

Imported
Create(const Job &job)
{
	Notes notes;
	FromPgCron const translated = TranslatePgCron(job.schedule);
	Given const given = ReadDefinition(DefinitionOf(job, NameOf(job, &notes), translated));
	Owner const owner = CheckOwner(job.user);
	Imported imported;
	imported.pipeline = Format("{}/{}", owner.name, given.values.name);
	if (catalog::FindOwned(owner.oid, given.values.name)) {
		imported.note = "it is there already";
		return imported;
	}
	Pipeline const pipeline = MakePipeline(given.values.name, owner, given);
	if (!StoreNew(pipeline)) {
		throw catalog::NameTaken(pipeline.name, pipeline.owner);
	}
	imported.action = "created";
	notes.Add(translated.note);
	if (!IsHere(job)) {
		notes.Add(Format("pg_cron ran it at {}:{}, the pipeline runs in this database", job.host, job.port));
	}
	if (!job.active) {
		notes.Add("its job is not active");
	}
	notes.Add(WhyNotActive(pipeline));
	imported.note = notes.Text();
	return imported;
}

Imported
Import(const Job &job, const std::string &database)
{
	Imported imported;
	if (job.database != database) {
		imported.note = Format("it runs in database \"{}\": create its pipeline there, where import_cron_jobs() does "
							   "not see it",
							   job.database);
		return imported;
	}
	std::optional<Error> const failure = pg::Subtransaction([&] { imported = Create(job); });
	if (failure) {
		imported = {};
		imported.note = failure->what();
	}
	return imported;
}

} // namespace

} // namespace sluice::api

SLUICE_FUNCTION(sluice_import_cron_jobs)
{
	namespace api = sluice::api;
	api::RequireJobs();
	std::string const database = sluice::pg::Call(get_database_name, MyDatabaseId);
	std::vector<std::vector<sluice::pg::SqlValue>> rows;
	for (const api::Job &job : api::ReadJobs()) {
		api::CheckInterrupts();
		api::Imported const imported = api::Import(job, database);
		sluice::pg::SqlValue const note = imported.note.empty() ? std::nullopt : sluice::pg::SqlValue(imported.note);
		rows.push_back({job.id, imported.pipeline, imported.action, note});
	}
	return api::RowsResult(fcinfo, rows);
}
