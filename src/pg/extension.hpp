// Where the extension lives in this database: its schema and its owner. Looked up once per
// transaction at most, never assumed: CREATE EXTENSION chooses the schema.
#pragma once

#include <string>
#include <string_view>

#include "pg/guard.hpp"

namespace sluice::pg {

struct Extension {
	Oid oid = InvalidOid; // InvalidOid: not created in this database
	Oid schema = InvalidOid;
	Oid owner = InvalidOid;
	std::string schema_name; // quoted, for use in statements
	std::string version;	 // of the catalog, which need not be the library's

	bool Exists() const { return OidIsValid(oid); }
	bool FitsLibrary() const;
};

// What pg_sluice.control said when this library was built.
std::string_view LibraryVersion();
// SL007: what is wrong when an extension exists and does not fit, and what to do.
Error VersionMismatch(const Extension &extension);

// The extension in this database; Exists() is false when there is none. Needs a transaction.
Extension FindExtension();
// The same, or an error when there is none (55000) or it is not of the library's version (SL007): our
// statements would not fit its tables.
Extension RequireExtension();

} // namespace sluice::pg
