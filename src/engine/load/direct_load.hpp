// Whether the pages of a load are made directly (write/direct_writer), and why not.
#pragma once

#include <string>

#include "core/option_registry.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

// Decides for a destination whose path is chosen.
void ChooseDirectLoad(const OptionValues &options, Destination *destination);

// For the log and explain_pipeline; '' where no path leads to a new file.
std::string DirectLoadText(const Destination &destination);

} // namespace sluice::engine
