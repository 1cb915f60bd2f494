// Loads that put rows aside that do not fit (on_reject), one for each way that a plan may choose.
#pragma once

#include "engine/load/load_request.hpp"
#include "engine/load/spooled_rows.hpp"
#include "engine/load/tried_insert.hpp"

namespace sluice::engine {

// Into the destination itself, batch by batch.
LoadOutcome AppendPuttingAside(const LoadRequest &request);
// Staged first, by what a row of the destination has to keep.
LoadOutcome MergePuttingAside(const LoadRequest &request);
// Staged first, and inserted by statements that are tried.
LoadOutcome InsertPuttingAside(const LoadRequest &request);
// Sent at once, and again in parts where the other server refuses some.
LoadOutcome SendPuttingAside(const LoadRequest &request);

// As TriedInsert; rows that do not fit are put aside as they came. Returns how many were inserted. Throws Error.
int64_t InsertTrying(const LoadRequest &request, SpooledRows &originals, int64_t rows,
					 const TriedInsert::Within &within, const TriedInsert::Insert &insert,
					 const std::optional<Error> &failure = std::nullopt);

} // namespace sluice::engine
