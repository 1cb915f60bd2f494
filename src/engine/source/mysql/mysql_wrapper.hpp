// What has to be seen to where mysql_fdw reads: it gives instants in whatever zone its session is in, ends without an
// error where it cannot hold a row, and leaves the vetting of the server to libmariadb.
#pragma once

#include <string>
#include <string_view>

#include "core/run_journal.hpp"
#include "engine/transform/column_match.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

inline constexpr std::string_view kMysqlWrapper = "mysql_fdw";

// Throws Error 42501 where neither the role nor the server's owner is a superuser: a hostile server could end the
// whole cluster.
void CheckMysqlWrapperAllowed(Oid server, Oid role);

// Looks at every foreign table of the wrapper that the query reads: throws as above, and 0A000 when a TIMESTAMP column
// is read. Returns whether there is one.
bool CheckMysqlTables(const MappedQuery &query, Oid role);
// Throws Error 0A000 when a load writes a TIMESTAMP column of a foreign table of the wrapper; of tables of other kinds
// nothing is asked.
void CheckMysqlDestination(Oid table, const ColumnMatch &match);

// How many rows a query over the foreign table has.
int64_t CountMysqlRows(const std::string &query);
// Throws Error 08006 when fewer arrived than there were both before and after.
void CheckMysqlRows(int64_t before, int64_t after, int64_t arrived, const std::string &label);

} // namespace sluice::engine
