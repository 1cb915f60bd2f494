// What create_pipeline, alter_pipeline and apply_pipeline do with a definition when it has been read.
#pragma once

#include "api/definition.hpp"
#include "api/rights.hpp"

namespace sluice::api {

// A new pipeline as it will be stored, with an id, after all checks. The graph is locked by the caller.
catalog::Pipeline MakePipeline(const std::string &name, const Owner &owner, const Given &given);
// False: the owner has a pipeline of that name by now.
[[nodiscard]] bool StoreNew(const catalog::Pipeline &pipeline);

// Whether an option changes what the columns of a load are called, or what they are.
bool ColumnOptionsChanged(const catalog::Pipeline &now, const catalog::Pipeline &before);

// before: as it is stored. new_shape: the next load is compared with none.
void StoreChange(const catalog::Pipeline &now, const catalog::Pipeline &before, bool new_shape);

} // namespace sluice::api
