// What belongs to the extension, and the rights that others have on it.
#pragma once

#include <string>
#include <vector>

namespace sluice::catalog {

// regprocedure text of every function and procedure that the extension has for users.
std::vector<std::string> Routines();

// REVOKE statements for what nobody gets by default: every routine from PUBLIC; from everybody whatever is more than
// SELECT on a table or view, or USAGE on the schema of tables (ALTER DEFAULT PRIVILEGES may have granted it).
std::vector<std::string> Revocations();

} // namespace sluice::catalog
