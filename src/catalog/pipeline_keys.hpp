// The key_columns of a pipeline.
#pragma once

#include <string>
#include <vector>

#include "catalog/pipeline.hpp"

namespace sluice::catalog {

std::vector<std::string> KeyColumns(const Pipeline &pipeline);

} // namespace sluice::catalog
