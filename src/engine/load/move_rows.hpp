// Moves the rows: from a run's input into its destination, as the plan says.
#pragma once

#include "engine/load/load_request.hpp"

namespace sluice::engine {

// Closes the destination, keeping its lock.
LoadOutcome MoveRows(const LoadRequest &request);

} // namespace sluice::engine
