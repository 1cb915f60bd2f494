// Relations of this database as the caller means them.
// Leaf code: plain data only, may raise anywhere.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::api::leaf {

struct RelationName {
	Oid relation; // InvalidOid: there is none
	char relkind;
	Oid server;		 // of a foreign table, else InvalidOid
	bool temporary;	 // exists, and is a temporary one
	char *qualified; // schema and name, quoted; NULL when there is none and none was asked for
};

// Finds what `text` names in the caller's search_path. If nothing is there and `for_creation` is set,
// qualified is the name that CREATE TABLE would give it.
void FindRelation(const char *text, bool for_creation, RelationName *out);

} // namespace sluice::api::leaf
