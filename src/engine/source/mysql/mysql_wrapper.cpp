#include "engine/source/mysql/mysql_wrapper.hpp"

#include "core/sqlstate.hpp"
#include "pg/foreign_catalog.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// A foreign table's name at the source, by its options.
struct NameThere {
	std::string database;
	std::string table;
};

NameThere
NameOf(Oid table)
{
	const char *const database = pg::Call(pg::leaf::TableOption, table, "dbname");
	const char *const name = pg::Call(pg::leaf::TableOption, table, "table_name");
	// The wrapper's own defaults.
	return {database != nullptr ? database : pg::Call(get_namespace_name, pg::Call(get_rel_namespace, table)),
			name != nullptr ? name : pg::Call(get_rel_name, table)};
}

// The table's TIMESTAMP columns, asked for through the wrapper itself.
std::vector<std::string>
InstantsOf(Oid table)
{
	Oid const server = pg::Call(GetForeignTable, table)->serverid;
	pg::Call(pg::leaf::RequireServerUsage, server, GetUserId());
	pg::Call(pg::leaf::RequireTemporaryRight);
	NameThere const there = NameOf(table);
	pg::Sql(
		"CREATE FOREIGN TABLE pg_temp.pg_sluice_source_columns (table_schema text, table_name text, column_name text, "
		"data_type text) SERVER " +
		pg::QuoteIdentifier(pg::Call(GetForeignServer, server)->servername) +
		" OPTIONS (dbname 'information_schema', table_name 'columns')");
	pg::SqlResult const rows = pg::Sql("SELECT column_name FROM pg_temp.pg_sluice_source_columns WHERE table_schema "
									   "OPERATOR(pg_catalog.=) $1 AND table_name OPERATOR(pg_catalog.=) $2 AND "
									   "data_type OPERATOR(pg_catalog.=) 'timestamp'",
									   {there.database, there.table});
	pg::Sql("DROP FOREIGN TABLE pg_temp.pg_sluice_source_columns");
	std::vector<std::string> names;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		names.push_back(rows.Text(row, 0));
	}
	return names;
}

[[noreturn]] void
RefuseInstant(Oid table, const std::string &column, const std::string &why, const std::string &hint)
{
	NameThere const there = NameOf(table);
	throw Error(sqlstate::kFeatureNotSupported,
				Format("column \"{}\" of {}.{} is a TIMESTAMP, {}", column, there.database, there.table, why), hint,
				"The wrapper's session there has a time zone of its own, which it does not say.");
}

} // namespace

void
CheckMysqlWrapperAllowed(Oid server, Oid role)
{
	ForeignServer *found = pg::Call(GetForeignServer, server);
	if (pg::Call(superuser_arg, role) || pg::Call(superuser_arg, found->owner)) {
		return;
	}
	throw Error(sqlstate::kInsufficientPrivilege,
				Format("server \"{}\" is not read through mysql_fdw for this pipeline's owner", found->servername),
				"Leave the option mysql_source at auto and name the source's table in source_table, or let a superuser "
				"own the server.",
				"The wrapper trusts what a MySQL server says, and one that lies can end all of this database server.");
}

void
CheckMysqlTableRead(const leaf::WrappedTable &table, Oid role)
{
	CheckMysqlWrapperAllowed(pg::Call(GetForeignTable, table.oid)->serverid, role);
	for (const std::string &name : InstantsOf(table.oid)) {
		AttrNumber const number = pg::Call(leaf::ColumnFromSource, table.oid, name.c_str());
		if (number != 0 && pg::Call(leaf::ReadsColumn, &table, number)) {
			RefuseInstant(table.oid, name, "which mysql_fdw does not read as the instant it is",
						  "Name that server in source and its table in source_table, without the option "
						  "mysql_source; or leave the column out.");
		}
	}
}

void
CheckMysqlTableWritten(Oid table, const ColumnMatch &match)
{
	for (const std::string &name : InstantsOf(table)) {
		AttrNumber const number = pg::Call(leaf::ColumnFromSource, table, name.c_str());
		if (number != 0 && match.source_of.at(static_cast<size_t>(number) - 1) >= 0) {
			RefuseInstant(table, name, "which mysql_fdw does not write as the instant it is",
						  "Leave the column out of columns, or make it a DATETIME there.");
		}
	}
}

std::vector<SourceName>
LookUpMysqlTables(const std::string &server, const std::string &table)
{
	pg::Sql("CREATE FOREIGN TABLE pg_temp.pg_sluice_source_catalog (table_schema text, table_name text) SERVER " +
			pg::QuoteIdentifier(server) + " OPTIONS (dbname 'information_schema', table_name 'tables')");
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

} // namespace sluice::engine
