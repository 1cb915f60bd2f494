// Doing something as a pipeline's owner in a security-restricted operation, with the
// search_path and the settings of a run (design rule 2). Only for a caller who may SET ROLE to that owner.
#pragma once

#include <functional>

#include "catalog/pipeline_store.hpp"

namespace sluice::api {

// An error leaves the switch to the abort of the transaction, which undoes it.
void AsOwner(const catalog::Pipeline &pipeline, const std::function<void()> &body);

} // namespace sluice::api
