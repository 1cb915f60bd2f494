// The error of one statement of a command, or of the SQL around a load.
#pragma once

#include "engine/command/command_plan.hpp"

namespace sluice::engine {

// Which statement it was, and where: not the text, which may hold what is not for a log. what: "command".
Error AtStatement(const Error &error, const ParsedCommand &command, int number, const char *what);
// For whoever raises it to a client, and so to the server's log: neither the text of the statements nor that of a query
// within a function, which may have been made of them.
Error WithoutQuery(const Error &error);

} // namespace sluice::engine
