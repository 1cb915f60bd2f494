// Amounts of money as a PostgreSQL source has them: only its own lc_monetary says what they are.
#pragma once

#include <string>
#include <vector>

#include "pg/remote_connection.hpp"

namespace sluice::engine {

// For the SELECT list, where a column is of that type; NULL for all others.
const char *MoneyCast(Oid type);

struct TextColumn {
	std::string name;
	Oid type;
};

// The text of money within a value is read by the locale of another server. Throws Error where that is another one.
void RefuseMoneyWithin(pg::RemoteConnection &remote, const std::vector<TextColumn> &columns);

} // namespace sluice::engine
