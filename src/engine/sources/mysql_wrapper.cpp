#include "engine/sources/mysql_wrapper.hpp"

#include <algorithm>

#include "core/mysql_syntax.hpp"
#include "core/sqlstate.hpp"
#include "engine/sources/foreign_relation_leaf.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

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

SourceName
MysqlNameOf(Oid table)
{
	const char *const database = pg::Call(leaf::TableOption, table, "dbname");
	const char *const name = pg::Call(leaf::TableOption, table, "table_name");
	return {database != nullptr ? database : "", name != nullptr ? name : pg::Call(get_rel_name, table)};
}

void
RefuseMysqlInstants(const catalog::Pipeline &pipeline, const SourceName &table)
{
	pg::Sql(
		"CREATE FOREIGN TABLE pg_temp.pg_sluice_source_columns (table_schema text, table_name text, column_name text, "
		"data_type text) SERVER " +
		pg::QuoteIdentifier(*pipeline.source) + " OPTIONS (dbname 'information_schema', table_name 'columns')");
	pg::SqlResult const rows = pg::Sql("SELECT column_name FROM pg_temp.pg_sluice_source_columns WHERE table_schema "
									   "OPERATOR(pg_catalog.=) $1 AND table_name OPERATOR(pg_catalog.=) $2 AND "
									   "data_type OPERATOR(pg_catalog.=) 'timestamp'",
									   {table.schema, table.table});
	pg::Sql("DROP FOREIGN TABLE pg_temp.pg_sluice_source_columns");
	std::string const used = pipeline.columns.value_or("*") + " " + pipeline.filter.value_or("");
	bool const all = used.find('*') != std::string::npos;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		std::string const &name = rows.Text(row, 0);
		if (all || MentionsColumn(used, name)) {
			throw Error(
				sqlstate::kFeatureNotSupported,
				Format("column \"{}\" of {}.{} is a TIMESTAMP, which mysql_fdw does not read as the instant it is",
					   name, table.schema, table.table),
				"Leave the option mysql_source at auto and name the source's table in source_table, or name the "
				"other columns in columns.",
				"The wrapper gives the time in the zone of its own session, without saying which.");
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
