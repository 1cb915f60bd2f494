// The extension's row, for leaf code.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

struct ExtensionRow {
	Oid oid; // InvalidOid: not created in this database
	Oid schema;
	Oid owner;
	char schema_name[2 * NAMEDATALEN + 3]; // quoted
	char version[NAMEDATALEN];
};
// May raise.
void LookUpExtension(ExtensionRow *found);

} // namespace sluice::pg::leaf
