// Leaf behind losses.hpp: what the types of a source's and a destination's column come down to.
#pragma once

#include "engine/transform/query_analysis.hpp"

namespace sluice::engine::leaf {

struct PlainType {
	Oid type; // behind domains and arrays
	int32 modifier;
	const char *text;
};

PlainType PlainTypeOf(Oid type, int32 modifier);

} // namespace sluice::engine::leaf
