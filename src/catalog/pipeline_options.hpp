// The options of a pipeline as its JSON text says, read through the one registry in core.
#pragma once

#include <string>

#include "core/option_registry.hpp"

namespace sluice::catalog {

// Checks every key and value on the way. Throws Error 22023.
OptionValues ReadOptions(const std::string &options_json);

// Stored options with others laid over them, key by key; a null takes a key away.
std::string MergeOptions(const std::string &stored, const std::string &given);

} // namespace sluice::catalog
