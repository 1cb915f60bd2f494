// Collations as texts that are equal where two servers order texts alike.
#pragma once

#include <string>
#include <vector>

#include "engine/wire/ask_server.hpp"

namespace sluice::engine {

// SQL for the text of a row of pg_collation under that alias; the database's own collation where it is "default".
std::string CollationText(const std::string &alias);

// Of this database's own texts, or of the other server's.
std::string DatabaseCollation(const AskServer &ask);
// Of columns (quoted names) of a FROM item; '' where the source cannot tell.
std::vector<std::string> ColumnCollations(const AskServer &ask, const std::string &from,
										  const std::vector<std::string> &columns);
// Whether texts are ordered and matched alike.
bool SameCollation(const std::string &one, const std::string &other);
// Equal texts have equal bytes.
bool IsDeterministic(const std::string &collation);

} // namespace sluice::engine
