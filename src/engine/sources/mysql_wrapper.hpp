// What has to be seen to where mysql_fdw reads: it gives instants in whatever zone its session is in, ends without an
// error where it cannot hold a row, and leaves the vetting of the server to libmariadb.
#pragma once

#include "catalog/pipeline_store.hpp"
#include "core/run_journal.hpp"
#include "engine/sources/source_name.hpp"

namespace sluice::engine {

inline constexpr std::string_view kMysqlWrapper = "mysql_fdw";

// Throws Error 42501 where neither the role nor the server's owner is a superuser: a hostile server could end the
// whole cluster.
void CheckMysqlWrapperAllowed(Oid server, Oid role);

// A foreign table's name at the source, by its options.
SourceName MysqlNameOf(Oid table);

// Throws Error 0A000 when the pipeline reads a TIMESTAMP column of the table.
void RefuseMysqlInstants(const catalog::Pipeline &pipeline, const SourceName &table);

// How many rows a query over the foreign table has.
int64_t CountMysqlRows(const std::string &query);
// Throws Error 08006 when fewer arrived than there were both before and after.
void CheckMysqlRows(int64_t before, int64_t after, int64_t arrived, const std::string &label);

} // namespace sluice::engine
