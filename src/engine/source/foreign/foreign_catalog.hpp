// Leaf behind foreign_relation.hpp.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// The foreign table of that name, found with the search path, when it belongs to the server; else InvalidOid.
Oid FindForeignTable(const char *name, Oid server);
// "mysql_fdw": the name of the server's wrapper.
const char *WrapperName(Oid server);
bool SupportsImport(Oid server);
// The temporary table of that name in this session, or InvalidOid.
Oid FindTemporary(const char *name);
bool ServerHasOption(Oid server, const char *option);
bool TableHasOption(Oid table, const char *option);
// Its value, or NULL.
const char *TableOption(Oid table, const char *option);
// Raises 42501 unless the current user may create temporary tables here.
void RequireTemporaryRight();
// Raises 42501 unless the role may use the server.
void RequireServerUsage(Oid server, Oid role);

} // namespace sluice::engine::leaf
