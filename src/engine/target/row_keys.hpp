// By which columns rows of the source are found in the destination where a load need not have keys.
#pragma once

#include <string>
#include <vector>

#include "catalog/pipeline.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

// The pipeline's own keys, else those of the destination's primary key. Throws Error where there are none.
std::vector<std::string> RowKeys(const catalog::Pipeline &pipeline, std::vector<std::string> own,
								 const Destination &destination);

} // namespace sluice::engine
