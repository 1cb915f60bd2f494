// What the search_path of a session at another PostgreSQL makes of a condition's names.
#pragma once

#include <string>

#include "pg/remote_connection.hpp"

namespace sluice::engine {

// Why an operator or function of a condition that is PostgreSQL's own here may be somebody else's there, in the path
// that is set; '' when it is the same. May err towards a reason.
std::string WhyPathMisleads(pg::RemoteConnection &remote, const std::string &condition);

} // namespace sluice::engine
