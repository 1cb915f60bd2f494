// Leaf behind sluice.assign_exactly(value, type, modifier, column): an assignment that refuses to change a value.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct Refusal {
	const char *column;
	const char *given; // values as text
	const char *stored;
	const char *from; // types
	const char *to;
	int sqlstate;
};

// False: the value would be changed. Its result may be NULL, as in any function.
bool AssignExactly(FunctionCallInfo fcinfo, Datum *assigned, Refusal *refusal);

} // namespace sluice::engine::leaf
