// The arguments depends_on and on_failure: what they may be.
#pragma once

#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"

namespace sluice::api {

// Ids of the pipelines that the caller means and may use, each once.
std::vector<std::string> ResolveDependencies(const std::vector<std::string> &identifiers);

// Refuses cycles, a fallback of a fallback, a schedule beside dependencies. `before`: nothing for a new one. The graph
// is locked before (catalog::LockGraphForChange) where it changes.
void CheckDependencies(const catalog::Pipeline &pipeline, const catalog::Pipeline *before);

// 2BP01 when others need this pipeline.
void RequireUnneeded(const catalog::Pipeline &pipeline);

} // namespace sluice::api
