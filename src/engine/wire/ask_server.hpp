// One question, asked of this database or of another PostgreSQL.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pg/sql.hpp"

namespace sluice::engine {

// Asks this database or another server. The statements resolve no name by a search_path, except where they ask for it.
using AskServer =
	std::function<pg::SqlResult(const std::string &statement, const std::vector<pg::SqlValue> &parameters)>;
// Of this database, as the current user.
pg::SqlResult AskHere(const std::string &statement, const std::vector<pg::SqlValue> &parameters);

} // namespace sluice::engine
