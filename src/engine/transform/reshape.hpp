// The option transform: a query of this database over all rows that columns and filter give, which it calls source. It
// computes with them as with the rows of a table that a run would have created of them.
#pragma once

#include "catalog/pipeline.hpp"
#include "engine/transform/column_options.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

// What create and alter check. Throws Error.
void CheckReshape(const catalog::Pipeline &pipeline, const OptionValues &options);
// Nothing where the pipeline has none. extract: what gives its rows.
std::optional<MappingInput> ReshapedMapping(const OptionValues &options, const MappedQuery &extract,
											const LoadStamp &stamp);

} // namespace sluice::engine
