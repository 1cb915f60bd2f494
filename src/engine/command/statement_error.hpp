// The error of one statement of a command, or of the SQL around a load.
#pragma once

#include "engine/command/command_plan.hpp"

namespace sluice::engine {

// Which statement it was, and where: not the text, which may hold what is not for a log. what: "command".
Error AtStatement(const Error &error, const ParsedCommand &command, int number, const char *what);

} // namespace sluice::engine
