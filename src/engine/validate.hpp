// The checks of validate_pipeline that are about what a run reads, computes and loads.
#pragma once

#include <string>

#include "catalog/pipeline_store.hpp"
#include "core/check_report.hpp"

namespace sluice::engine {

// As the pipeline's owner. Connects to its servers, unless there is a reason not to. What is wrong is a row; only what
// ends the command is thrown. Writes nothing.
void ValidateRun(const catalog::Pipeline &pipeline, const std::string &why_not_connected, CheckReport *report);

} // namespace sluice::engine
