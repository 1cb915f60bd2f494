// What the options say of the columns that a query gives: how they are called, and their types.
#pragma once

#include "core/option_registry.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

// Throws Error where a type is none.
void ReadColumnOptions(const OptionValues &options, MappingInput *mapping);

} // namespace sluice::engine
