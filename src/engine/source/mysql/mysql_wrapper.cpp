#include "engine/source/mysql/mysql_wrapper.hpp"

#include <algorithm>

#include "core/sqlstate.hpp"
#include "engine/source/foreign/foreign_catalog.hpp"
#include "engine/source/foreign/wrapped_tables.hpp"
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
	const char *const database = pg::Call(leaf::TableOption, table, "dbname");
	const char *const name = pg::Call(leaf::TableOption, table, "table_name");
	// The wrapper's own defaults.
	return {database != nullptr ? database : pg::Call(get_namespace_name, pg::Call(get_rel_namespace, table)),
			name != nullptr ? name : pg::Call(get_rel_name, table)};
}

// The table's TIMESTAMP columns, asked for through the wrapper itself.
std::vector<std::string>
InstantsOf(Oid table)
{
	Oid const server = pg::Call(GetForeignTable, table)->serverid;
	pg::Call(leaf::RequireServerUsage, server, GetUserId());
	pg::Call(leaf::RequireTemporaryRight);
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

bool
CheckMysqlTables(const MappedQuery &query, Oid role)
{
	leaf::WrappedTable *const tables =
		pg::Call(leaf::TablesReadThrough, query.Analyzed()->query, static_cast<const char *>(kMysqlWrapper.data()));
	for (leaf::WrappedTable *table = tables; table != nullptr; table = table->next) {
		CheckMysqlWrapperAllowed(pg::Call(GetForeignTable, table->oid)->serverid, role);
		for (const std::string &name : InstantsOf(table->oid)) {
			AttrNumber const number = pg::Call(leaf::ColumnFromSource, table->oid, name.c_str());
			if (number != 0 && pg::Call(leaf::ReadsColumn, static_cast<const leaf::WrappedTable *>(table), number)) {
				RefuseInstant(table->oid, name, "which mysql_fdw does not read as the instant it is",
							  "Name that server in source and its table in source_table, without the option "
							  "mysql_source; or leave the column out.");
			}
		}
	}
	return tables != nullptr;
}

void
CheckMysqlDestination(Oid table, const ColumnMatch &match)
{
	if (pg::Call(get_rel_relkind, table) != RELKIND_FOREIGN_TABLE ||
		kMysqlWrapper != pg::Call(leaf::WrapperName, pg::Call(GetForeignTable, table)->serverid)) {
		return;
	}
	for (const std::string &name : InstantsOf(table)) {
		AttrNumber const number = pg::Call(leaf::ColumnFromSource, table, name.c_str());
		if (number != 0 && match.source_of.at(static_cast<size_t>(number) - 1) >= 0) {
			RefuseInstant(table, name, "which mysql_fdw does not write as the instant it is",
						  "Leave the column out of columns, or make it a DATETIME there.");
		}
	}
}

int64_t
CountMysqlRows(const std::string &query)
{
	return pg::Sql("SELECT pg_catalog.count(*) FROM (\n" + query + "\n) AS counted").Integer(0, 0);
}

void
CheckMysqlRows(int64_t before, int64_t after, int64_t arrived, const std::string &label)
{
	int64_t const least = std::min(before, after);
	if (arrived >= least) {
		return;
	}
	throw Error(sqlstate::kConnectionFailure, Format("{} has {} rows, and {} arrived", label, least, arrived),
				"Leave the option mysql_source at auto: pg_sluice itself reads rows of up to 1 GB.",
				"mysql_fdw ends without an error where it cannot hold a row.");
}

} // namespace sluice::engine
