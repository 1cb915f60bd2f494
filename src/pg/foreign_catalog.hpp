// What this database's catalogs say of foreign servers and tables.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

// The foreign table of that name, found with the search path, when it belongs to the server; else InvalidOid.
Oid FindForeignTable(const char *name, Oid server);
// The name of the server's wrapper.
const char *WrapperName(Oid server);
bool SupportsImport(Oid server);
bool ServerHasOption(Oid server, const char *option);
bool TableHasOption(Oid table, const char *option);
// Its value, or NULL.
const char *TableOption(Oid table, const char *option);
// Raises 42501 unless the role may use the server.
void RequireServerUsage(Oid server, Oid role);

} // namespace sluice::pg::leaf
