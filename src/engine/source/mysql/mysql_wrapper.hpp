// What has to be seen to where mysql_fdw reads: it gives instants in whatever zone its session is in, ends without an
// error where it cannot hold a row, and leaves the vetting of the server to libmariadb.
#pragma once

#include <string>
#include <vector>

#include "engine/source/source_name.hpp"
#include "engine/source/wrapped_tables.hpp"
#include "engine/transform/column_match.hpp"

namespace sluice::engine {

// Throws Error 42501 where neither the role nor the server's owner is a superuser: a hostile server could end the
// whole cluster.
void CheckMysqlWrapperAllowed(Oid server, Oid role);

// Throws as above, and 0A000 when a TIMESTAMP column is read.
void CheckMysqlTableRead(const leaf::WrappedTable &table, Oid role);
// Throws Error 0A000 when a load writes a TIMESTAMP column.
void CheckMysqlTableWritten(Oid table, const ColumnMatch &match);

// Every table of the source whose name differs from this one in case at most, asked for through the wrapper.
std::vector<SourceName> LookUpMysqlTables(const std::string &server, const std::string &table);

} // namespace sluice::engine
