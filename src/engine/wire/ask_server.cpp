#include "engine/wire/ask_server.hpp"

namespace sluice::engine {

pg::SqlResult
AskHere(const std::string &statement, const std::vector<pg::SqlValue> &parameters)
{
	return pg::Sql(statement, parameters, {});
}

} // namespace sluice::engine
