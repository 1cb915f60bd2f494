// A hint for errors that the server raised without one: what the owner of a pipeline can do about it.
#pragma once

#include "catalog/pipeline_store.hpp"
#include "core/error.hpp"

namespace sluice::engine {

Error WithHint(const Error &error, const catalog::Pipeline &pipeline);
// The error of one who only looks, which a run might not have.
Error OfALook(const Error &error);

} // namespace sluice::engine
