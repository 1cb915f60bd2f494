#include "engine/source/drivers.hpp"

#include "core/sqlstate.hpp"
#include "engine/source/foreign/foreign_source.hpp"
#include "engine/source/local_source.hpp"
#include "engine/source/mysql/mysql_listing.hpp"
#include "engine/source/mysql/mysql_parameters.hpp"
#include "engine/source/mysql/mysql_source.hpp"
#include "engine/source/mysql/mysql_wrapper.hpp"
#include "engine/source/postgres/postgres_connect.hpp"
#include "engine/source/postgres/postgres_listing.hpp"
#include "engine/source/postgres/postgres_source.hpp"
#include "engine/source/postgres/postgres_wrapper.hpp"
#include "pg/foreign_catalog.hpp"
#include "pg/foreign_server.hpp"
#include "pg/remote_parameters.hpp"

namespace sluice::engine {

namespace {

// A new source is a folder beside this file, and one entry here. Without an open function the executor reads.
constexpr Driver kDrivers[] = {
	{.wrapper = {.name = pg::kPostgresWrapper, .find_fetch = leaf::FindPostgresFetch},
	 .check = CheckPostgresSource,
	 .open = OpenPostgresSource,
	 .reach = ReachPostgresSource,
	 .check_login = pg::CheckPostgresLogin,
	 .list = ListPostgresTables},
	{.wrapper = {.name = "mysql_fdw",
				 .setting = {.option = "fetch_size", .most_rows = 1'000'000},
				 .check_allowed = CheckMysqlWrapperAllowed,
				 .check_read = CheckMysqlTableRead,
				 .check_written = CheckMysqlTableWritten,
				 .look_up = LookUpMysqlTables,
				 .loses_rows = "Leave the option mysql_source at auto: pg_sluice itself reads rows of up to 1 GB."},
	 .check = CheckMysqlSource,
	 .open = OpenMysqlSource,
	 .why_not = WhyNotMysqlSource,
	 .reach = ReachMysqlSource,
	 .check_login = CheckMysqlLogin,
	 .list = ListMysqlTables},
	{.wrapper = {.name = "oracle_fdw", .setting = {.option = "prefetch", .most_rows = 1000}}},
	// Knows no number of rows, but to plan a query it runs the whole of it at the source, to count its rows.
	{.wrapper = {.name = "tds_fdw",
				 .setting = {.option = "use_remote_estimate", .unless = "row_estimate_method", .value = "false"}}},
};

constexpr Driver kOther = {.wrapper = {.name = ""}};

} // namespace

namespace leaf {

namespace {

const Driver *
FindDriver(Oid server)
{
	const char *const name = pg::leaf::WrapperName(server);
	for (const Driver &driver : kDrivers) {
		if (strcmp(driver.wrapper.name, name) == 0) {
			return &driver;
		}
	}
	const auto *const added = static_cast<const Driver *>(*find_rendezvous_variable(kAddedDriver));
	return added != nullptr && strcmp(added->wrapper.name, name) == 0 ? added : &kOther;
}

bool
FindFetch(const ForeignScan *scan, PlannedFetch *found)
{
	const Wrapper &wrapper = FindDriver(scan->fs_server)->wrapper;
	return wrapper.find_fetch != nullptr && wrapper.find_fetch(scan, found);
}

} // namespace

} // namespace leaf

namespace {

struct Choice {
	const Wrapper *wrapper;
	const Driver *driver; // NULL: the executor reads
	std::string reason;	  // why it does, where a driver could
};

Choice
Choose(const catalog::Pipeline &pipeline, const ForeignServer &server)
{
	const Driver *const driver = pg::Call(leaf::FindDriver, server.serverid);
	Choice choice{&driver->wrapper, nullptr, {}};
	if (driver->open == nullptr) {
		return choice;
	}
	if (driver->why_not != nullptr) {
		choice.reason = driver->why_not(pipeline, server);
		if (choice.reason.empty() && IsForeignTable(pipeline, server)) {
			choice.reason = "source_table is a foreign table of this database";
		}
	}
	if (choice.reason.empty()) {
		choice.driver = driver;
	}
	return choice;
}

const ForeignServer &
FindSourceServer(const catalog::Pipeline &pipeline, Oid role)
{
	return *pg::FindServer(*pipeline.source, role,
						   "A source is a foreign server: make it with CREATE SERVER and CREATE USER MAPPING; leave "
						   "source out to read this database.");
}

void
CheckAtServer(const catalog::Pipeline &pipeline, const ForeignServer &server)
{
	Choice const choice = Choose(pipeline, server);
	(choice.driver != nullptr ? choice.driver->check : CheckForeignSource)(pipeline, server);
}

} // namespace

leaf::FetchSize
WantedFetch(const OptionValues &options)
{
	return {options.Integer("fetch_size"), options.IsGiven("fetch_size"), leaf::FindFetch};
}

std::unique_ptr<Source>
OpenSource(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal,
		   const SourceSlice *slice)
{
	if (!pipeline.source) {
		return std::make_unique<LocalSource>(pipeline);
	}
	const ForeignServer &server = FindSourceServer(pipeline, GetUserId());
	Choice const choice = Choose(pipeline, server);
	if (!choice.reason.empty()) {
		journal.Info(Format("server \"{}\" is read through {}, because {}", *pipeline.source, choice.wrapper->name,
							choice.reason));
	}
	SourceRequest const request{pipeline, options, server, *choice.wrapper, WantedFetch(options), journal, slice};
	return choice.driver != nullptr ? choice.driver->open(request) : std::make_unique<ForeignSource>(request);
}

void
CheckSource(const catalog::Pipeline &pipeline, Oid role)
{
	if (!pipeline.source) {
		return;
	}
	const ForeignServer &server = FindSourceServer(pipeline, role);
	CheckAtServer(pipeline, server);
	Choice const choice = Choose(pipeline, server);
	if (choice.driver != nullptr && choice.driver->check_login != nullptr) {
		choice.driver->check_login(server, role);
	}
	if (choice.driver == nullptr && choice.wrapper->check_allowed != nullptr) {
		choice.wrapper->check_allowed(server.serverid, role);
	}
}

std::optional<std::string>
ReachSource(const catalog::Pipeline &pipeline, const OptionValues &options)
{
	if (!pipeline.source) {
		return std::nullopt;
	}
	const ForeignServer &server = FindSourceServer(pipeline, GetUserId());
	Choice const choice = Choose(pipeline, server);
	return choice.driver != nullptr && choice.driver->reach != nullptr
			   ? std::optional(choice.driver->reach(server, options))
			   : std::nullopt;
}

std::unique_ptr<TableListing>
ListSource(const catalog::Pipeline &pipeline, const OptionValues &options)
{
	const ForeignServer &server = FindSourceServer(pipeline, GetUserId());
	Choice const choice = Choose(pipeline, server);
	if (choice.driver != nullptr && choice.driver->list != nullptr) {
		return choice.driver->list(server, options);
	}
	throw Error(sqlstate::kFeatureNotSupported,
				Format("tables of server \"{}\" cannot be listed, because it is read through {}", *pipeline.source,
					   pg::Call(pg::leaf::WrapperName, server.serverid)),
				"Define its pipelines one by one, with create_pipeline.",
				choice.reason.empty() ? "" : Format("The reason is that {}.", choice.reason));
}

bool
IsContinuous(const catalog::Pipeline &pipeline, Oid role)
{
	if (!pipeline.source) {
		return false;
	}
	Choice const choice = Choose(pipeline, FindSourceServer(pipeline, role));
	return choice.driver != nullptr && choice.driver->continuous;
}

bool
ImportsTable(const catalog::Pipeline &pipeline)
{
	if (!pipeline.source || !pipeline.source_table) {
		return false;
	}
	const ForeignServer &server = FindSourceServer(pipeline, GetUserId());
	CheckAtServer(pipeline, server);
	return Choose(pipeline, server).driver == nullptr && !IsForeignTable(pipeline, server);
}

bool
IsReadOverWire(const catalog::Pipeline &pipeline)
{
	return pipeline.source && Choose(pipeline, FindSourceServer(pipeline, GetUserId())).driver != nullptr;
}

bool
MayNameForeignTable(const ForeignServer &server)
{
	const Driver *const driver = pg::Call(leaf::FindDriver, server.serverid);
	return driver->open == nullptr || driver->why_not != nullptr;
}

const Wrapper *
CheckTablesRead(const MappedQuery &query, Oid role)
{
	const Wrapper *loses = nullptr;
	for (const Driver &driver : kDrivers) {
		const Wrapper &wrapper = driver.wrapper;
		if (wrapper.check_read == nullptr && wrapper.loses_rows == nullptr) {
			continue;
		}
		const leaf::WrappedTable *table = pg::Call(leaf::TablesReadThrough, query.Analyzed()->query, wrapper.name);
		loses = table != nullptr && wrapper.loses_rows != nullptr ? &wrapper : loses;
		for (; table != nullptr && wrapper.check_read != nullptr; table = table->next) {
			wrapper.check_read(*table, role);
		}
	}
	return loses;
}

void
CheckTableWritten(Oid table, const ColumnMatch &match)
{
	if (pg::Call(get_rel_relkind, table) != RELKIND_FOREIGN_TABLE) {
		return;
	}
	const Driver *const driver = pg::Call(leaf::FindDriver, pg::Call(GetForeignTable, table)->serverid);
	if (driver->wrapper.check_written != nullptr) {
		driver->wrapper.check_written(table, match);
	}
}

} // namespace sluice::engine
