// Where the extension lives in this database: its schema and its owner. Looked up once per
// transaction at most, never assumed: CREATE EXTENSION chooses the schema.
#pragma once

#include <string>

#include "pg/guard.hpp"

namespace sluice::pg {

struct Extension {
	Oid oid = InvalidOid; // InvalidOid: not created in this database
	Oid schema = InvalidOid;
	Oid owner = InvalidOid;
	std::string schema_name; // quoted, for use in statements

	bool Exists() const { return OidIsValid(oid); }
};

// The extension in this database; Exists() is false when there is none. Needs a transaction.
Extension FindExtension();
// The same, or an error (55000) when there is none.
Extension RequireExtension();

} // namespace sluice::pg
