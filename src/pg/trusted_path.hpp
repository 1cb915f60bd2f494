// Leaf behind search_path.hpp.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

struct SearchPath {
	char *kept;	   // as search_path takes it; never empty
	char *dropped; // names for a message; empty: none
};
// `path`, or the session's where NULL.
void ReadSearchPath(const char *path, Oid owner, SearchPath *out);

bool RoleCanLogin(Oid role);

} // namespace sluice::pg::leaf
