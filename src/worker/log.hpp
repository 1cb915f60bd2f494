// One line in the server's log from a worker.
#pragma once

#include <string>

#include "core/error.hpp"

namespace sluice::worker {

void Log(const std::string &message, const std::string &hint = {});
void LogError(const std::string &what, const Error &error);

} // namespace sluice::worker
