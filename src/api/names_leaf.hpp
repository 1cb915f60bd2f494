// Names of this database as the caller means them: relations, and the search_path that a pipeline keeps.
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

struct SearchPath {
	char *kept;	   // as search_path takes it; never empty
	char *dropped; // names for a message; empty: none
};
// `path`, or the session's where NULL, without what the owner cannot trust: temporary schemas, those that
// do not exist, and those in which a role that the owner is not a member of could put a function.
void ReadSearchPath(const char *path, Oid owner, SearchPath *out);

bool RoleCanLogin(Oid role);

} // namespace sluice::api::leaf
