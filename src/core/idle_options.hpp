// Options that a pipeline has and that do nothing for it: each of them was meant for something. Pure C++.
#pragma once

#include <string>
#include <vector>

#include "core/load_terms.hpp"
#include "core/option_registry.hpp"

namespace sluice {

// "lag (it needs a cursor_column)", of each that is given.
std::vector<std::string> IdleOptions(const OptionValues &options, LoadMode mode, bool by_cursor);

} // namespace sluice
