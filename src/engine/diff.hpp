// The rows of a pipeline's source, as a run would load them, beside those that are in its destination.
#pragma once

#include <string>
#include <vector>

#include "catalog/pipeline.hpp"

namespace sluice::engine {

struct Difference {
	std::string kind; // 'missing', 'extra', 'different'
	int64_t count = 0;
	std::string samples; // a JSON array
};

// As the pipeline's owner, by its key_columns; at most so many samples of each kind. Connects; the source's rows are
// staged in a temporary table, and nothing is loaded. Throws Error.
std::vector<Difference> DiffRun(const catalog::Pipeline &pipeline, int samples);

} // namespace sluice::engine
