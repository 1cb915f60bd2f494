// What a load without SQL does, shown to the hooks of the executor as statements: those of pgaudit and sepgsql, and the
// server's own checks of rights, see them as they see them elsewhere.
#pragma once

#include "engine/target/destination.hpp"
#include "engine/transform/column_match.hpp"

namespace sluice::engine {

// Starts and ends them in the executor; they write no row. Once a run.
void ShowStatements(const Destination &destination, LoadPath path, const ColumnMatch &match);

} // namespace sluice::engine
