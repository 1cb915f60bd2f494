// Columns of a destination that its load fills by itself, whatever the source gives. Pure C++.
#pragma once

#include <string>
#include <vector>

#include "core/load_plan.hpp"
#include "core/option_registry.hpp"

namespace sluice {

struct OwnColumn {
	std::string name;
	std::string option;		// that names it
	std::string definition; // of a table that a run creates, behind the name
};

std::vector<OwnColumn> OwnColumns(LoadMode mode, const OptionValues &options);

} // namespace sluice
