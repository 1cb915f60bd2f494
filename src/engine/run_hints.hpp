// A hint for errors that the server raised without one: what the owner of a pipeline can do about it.
#pragma once

#include "catalog/pipeline_store.hpp"
#include "core/error.hpp"

namespace sluice::engine {

Error WithHint(const Error &error, const catalog::Pipeline &pipeline);

} // namespace sluice::engine
