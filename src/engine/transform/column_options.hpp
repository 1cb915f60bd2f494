// What the options say of the columns that a query gives: how they are called, and their types.
#pragma once

#include "catalog/pipeline_store.hpp"
#include "core/option_registry.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

// Throws Error where a type is none.
void ReadColumnOptions(const OptionValues &options, MappingInput *mapping);
// Which columns the destination may lack. has_loaded: they are compared with those of the last load.
void ReadLeaveOut(const catalog::Pipeline &pipeline, const OptionValues &options, bool has_loaded,
				  MappingInput *mapping);

} // namespace sluice::engine
