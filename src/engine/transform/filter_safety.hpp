// Whether a PostgreSQL source would answer a pipeline's filter as this server does: then it is sent along, and rows
// that do not fit never travel.
#pragma once

#include "engine/transform/query_analysis.hpp"

namespace sluice::engine::leaf {

// Why the filter must be applied here; NULL when the source may do it. *compares_text: only if all collations of the
// source are deterministic, which decides whether equal texts are equal bytes.
// any_collation: what depends on a collation is to be done at the source, by its own.
const char *WhyFilterStays(const AnalyzedQuery *analyzed, const bool *travels_as_text, bool any_collation,
						   bool *compares_text);
// The source applies it: nothing is left to be done here.
void TakeFilterAway(AnalyzedQuery *analyzed);

} // namespace sluice::engine::leaf
