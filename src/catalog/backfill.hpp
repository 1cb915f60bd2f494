// Runs that load a range of the cursor's values again, slice by slice. They are queued at once and share a batch, whose
// id is that of the first; each says its range in metadata, so that a retry has it too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/pipeline.hpp"

namespace sluice::catalog {

// Half-open, as texts of the cursor's type.
struct CursorSlice {
	std::string from;
	std::string to;
};

// What to do where an append would be made twice.
inline constexpr const char *kBackfillEndHint =
	"End the backfill at the watermark, which the view pipelines shows, less the option lag; or give the pipeline "
	"key_columns.";

// Queues a run for each, in this order, behind what else the owner has queued with the pipeline's priority. Returns the
// id of the first.
std::string InsertSlices(const Pipeline &pipeline, const std::vector<CursorSlice> &slices,
						 const std::string &triggered_by);
// Nothing: the run is no slice.
std::optional<CursorSlice> SliceOf(const std::string &run_id);

} // namespace sluice::catalog
