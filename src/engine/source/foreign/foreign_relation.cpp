#include "engine/source/foreign/foreign_relation.hpp"

#include "core/mysql_syntax.hpp"
#include "core/sqlstate.hpp"
#include "core/wrapper_setting.hpp"
#include "engine/source/foreign/foreign_catalog.hpp"
#include "engine/source/mysql/mysql_wrapper.hpp"
#include "engine/source/run_context_literal.hpp"
#include "engine/source/source_choice.hpp"
#include "engine/source/source_name.hpp"
#include "engine/target/table_facts.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

constexpr int kFdwSchemaNotFound = SqlState("HV00Q");

// Every table whose name differs from this one in case at most.
std::vector<SourceName>
LookUpTables(const std::string &server_name, const std::string &table)
{
	pg::Sql("CREATE FOREIGN TABLE pg_temp.pg_sluice_source_catalog (table_schema text, table_name text) SERVER " +
			pg::QuoteIdentifier(server_name) + " OPTIONS (dbname 'information_schema', table_name 'tables')");
	pg::SqlResult const rows = pg::Sql("SELECT table_schema, table_name FROM pg_temp.pg_sluice_source_catalog "
									   "WHERE pg_catalog.lower(table_name) OPERATOR(pg_catalog.=) pg_catalog.lower($1) "
									   "ORDER BY 1, 2",
									   {table});
	pg::Sql("DROP FOREIGN TABLE pg_temp.pg_sluice_source_catalog");
	std::vector<SourceName> found;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		found.push_back({rows.Text(row, 0), rows.Text(row, 1)});
	}
	return found;
}

} // namespace

Oid
CheckServer(const std::string &server, Oid role)
{
	Oid const oid = pg::Call(get_foreign_server_oid, server.c_str(), true);
	if (!OidIsValid(oid)) {
		throw Error(
			sqlstate::kUndefinedObject, Format("server \"{}\" does not exist", server),
			"A source is a foreign server: make it with CREATE SERVER and CREATE USER MAPPING; leave source out "
			"to read this database.");
	}
	pg::Call(leaf::RequireServerUsage, oid, role);
	return oid;
}

std::string
ForeignRelation::FindLocal(const std::string &source_table, Oid server)
{
	Oid const relation = pg::Call(leaf::FindForeignTable, source_table.c_str(), server);
	return OidIsValid(relation) ? pg::QualifiedName(relation) : std::string();
}

void
CheckForeignSource(const catalog::Pipeline &pipeline, Oid server)
{
	SourceKind const kind = ChooseSource(pipeline, server).kind;
	if (kind == SourceKind::Postgres) {
		if (pipeline.source_query) {
			(void)pg::Call(leaf::ReplaceRunContext, pipeline.source_query->c_str(), static_cast<const char *>("NULL"));
		}
		return;
	}
	if (kind == SourceKind::Mysql) {
		if (pipeline.source_query) {
			(void)CheckMysqlQuery(*pipeline.source_query);
		} else if (pipeline.source_table) {
			(void)SplitSourceName(*pipeline.source_table);
		}
		return;
	}
	if (pipeline.source_query) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("source_query is not supported for server \"{}\"", *pipeline.source),
					"Name a table in source_table and use columns and filter; or create foreign tables and query them "
					"with source left out.");
	}
	if (!pipeline.source_table || !ForeignRelation::FindLocal(*pipeline.source_table, server).empty()) {
		return;
	}
	if (!pg::Call(leaf::SupportsImport, server)) {
		throw Error(
			sqlstate::kUndefinedTable,
			Format("there is no foreign table \"{}\" of server \"{}\"", *pipeline.source_table, *pipeline.source),
			Format("The wrapper {} cannot import tables: run CREATE FOREIGN TABLE ... SERVER {} and name that "
				   "table in source_table.",
				   pg::Call(leaf::WrapperName, server), pg::QuoteIdentifier(*pipeline.source)));
	}
	(void)SplitSourceName(*pipeline.source_table);
}

ForeignRelation::ForeignRelation(const catalog::Pipeline &pipeline, Oid server, leaf::FetchSize fetch,
								 RunJournal &journal)
{
	CheckForeignSource(pipeline, server);
	std::string const &source_table = *pipeline.source_table;
	std::string const &server_name = *pipeline.source;
	// Of this wrapper's servers names can be looked up, through a table of theirs.
	bool const knows_tables = std::string_view(pg::Call(leaf::WrapperName, server)) == kMysqlWrapper;
	if (knows_tables) {
		CheckMysqlWrapperAllowed(server, GetUserId());
		pg::Call(leaf::RequireTemporaryRight);
	}
	std::string const local = FindLocal(source_table, server);
	if (!local.empty()) {
		name_ = local;
		Tune(server, fetch, journal);
		return;
	}

	pg::Call(leaf::RequireTemporaryRight);
	SourceName wanted = SplitSourceName(source_table);
	if (wanted.schema.empty()) {
		if (!knows_tables) {
			throw Error(sqlstate::kInvalidName, Format("source_table \"{}\" names no schema", source_table),
						"Write it as schema.table, as the source calls them.");
		}
		throw SourceTableNotFound(source_table, server_name, LookUpTables(server_name, wanted.table));
	}
	Import(server_name, wanted.schema, wanted.table);
	if (!imported_ && knows_tables) {
		std::vector<SourceName> const alike = LookUpTables(server_name, wanted.table);
		std::optional<SourceName> const other = UniqueAlike(wanted, alike);
		if (!other) {
			throw SourceTableNotFound(source_table, server_name, alike);
		}
		journal.Info(Format("there is no table \"{}\" at the source, \"{}.{}\" is read instead", source_table,
							other->schema, other->table));
		wanted = *other;
		Import(server_name, wanted.schema, wanted.table);
	}
	if (!imported_) {
		throw SourceTableNotFound(source_table, server_name, {});
	}
	name_ = "pg_temp." + pg::QuoteIdentifier(wanted.table);
	journal.Info(Format("imported \"{}.{}\" of server \"{}\" as a temporary foreign table", wanted.schema, wanted.table,
						server_name));
	Tune(server, fetch, journal);
}

void
ForeignRelation::Tune(Oid server, leaf::FetchSize fetch, RunJournal &journal) const
{
	std::string const wrapper = pg::Call(leaf::WrapperName, server);
	const WrapperSetting *const setting = FindWrapperSetting(wrapper);
	if (setting == nullptr) {
		journal.Info("fetch_size is left to the wrapper: no such option of its tables is known");
		return;
	}
	std::string const option(setting->option);
	std::string const unless(setting->unless);
	std::string const value = WrapperSettingValue(*setting, fetch.rows);
	bool const asked = fetch.asked && setting->value.empty();
	Oid const table = pg::Call(leaf::FindRelation, name_.c_str());
	bool const on_table = pg::Call(leaf::TableHasOption, table, option.c_str());
	if (!asked && (on_table || pg::Call(leaf::TableHasOption, table, unless.c_str()))) {
		journal.Info(Format("{} is left as the foreign table's options say", option));
		return;
	}
	if (!asked && (pg::Call(leaf::ServerHasOption, server, option.c_str()) ||
				   pg::Call(leaf::ServerHasOption, server, unless.c_str()))) {
		journal.Info(Format("{} is left as the server's options say", option));
		return;
	}
	std::string const statement =
		Format("ALTER FOREIGN TABLE {} OPTIONS ({} {} '{}')", name_, on_table ? "SET" : "ADD", option, value);
	if (!imported_) {
		// Not ours to change, not even for a moment: nobody could read it until the run's end.
		journal.Info(Format("{} is left as it is, because the foreign table was not made for this run; rows may come "
							"faster after {}",
							option, statement));
		return;
	}
	// Releases differ in what options they know.
	std::optional<Error> const failure = pg::Subtransaction([&] { pg::Sql(statement); });
	journal.Info(failure ? Format("{} is left to the wrapper: {}", option, failure->what())
						 : Format("{} set to {}", option, value));
}

// Leaves imported_ false when the source has no such schema or table.
void
ForeignRelation::Import(const std::string &server_name, const std::string &schema, const std::string &table)
{
	std::string const statement =
		Format("IMPORT FOREIGN SCHEMA {} LIMIT TO ({}) FROM SERVER {} INTO pg_temp", pg::QuoteIdentifier(schema),
			   pg::QuoteIdentifier(table), pg::QuoteIdentifier(server_name));
	std::optional<Error> const failure = pg::Subtransaction([&] { pg::Sql(statement); });
	if (failure && failure->State() != kFdwSchemaNotFound) {
		throw failure->WithContext(Format("importing \"{}.{}\" from server \"{}\"", schema, table, server_name));
	}
	imported_ = !failure && OidIsValid(pg::Call(leaf::FindTemporary, table.c_str()));
}

void
ForeignRelation::Finish()
{
	if (imported_) {
		pg::Sql("DROP FOREIGN TABLE " + name_);
		imported_ = false;
	}
}

} // namespace sluice::engine
