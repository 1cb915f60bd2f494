// Whether a pipeline's owner may have a run at all.
#pragma once

#include "catalog/pipeline_store.hpp"

namespace sluice::worker {

// A worker that could not connect would leave a vague reason: ask first (design rule 10). Nothing: it may.
std::optional<Error> WhyOwnerCannotRun(const catalog::Pipeline &pipeline);

} // namespace sluice::worker
