// What the ways to move rows have in common.
#pragma once

#include <functional>

#include "engine/load/load_request.hpp"
#include "engine/load/make_load.hpp"
#include "engine/rows/row_reader.hpp"

namespace sluice::engine {

LoadOrder OrderOf(const LoadRequest &request);

// A row may become several of the destination's, which statements count: by a rule; by a key that is there more than
// once.
bool MayMultiply(const LoadPlan &plan);

// given: rows that the load was. An extract that is wrong must not empty a table.
void CheckEmpty(const LoadRequest &request, int64_t given, Load *load);

KnownRows *KnownOf(const LoadRequest &request);

// Rows on their way to statements: what is read is not yet what is loaded.
void Stage(const LoadRequest &request, RowReader &reader, const std::function<void(Batch *)> &write);

// NULL: rows come by none.
const CursorColumn *CursorOf(const LoadRequest &request);

} // namespace sluice::engine
