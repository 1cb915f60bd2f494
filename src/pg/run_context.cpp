#include "pg/run_context.hpp"

namespace sluice::pg {

namespace {

std::string &
Current()
{
	static auto *current =
		new std::string("{}"); // NOLINT(cppcoreguidelines-owning-memory): lives as long as the backend
	return *current;
}

} // namespace

const std::string &
RunContext()
{
	return Current();
}

void
SetRunContext(std::string json)
{
	Current() = std::move(json);
}

} // namespace sluice::pg
