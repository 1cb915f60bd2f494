// What an assignment of one type to another may do to values without an error: PostgreSQL rounds and cuts where a
// column has fewer digits than its source. One table, keyed by types and their modifiers. Pure C++.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice {

// As in pg_attribute: OIDs of built-in types are the same everywhere. Domains, arrays and rows are resolved by the
// caller, to their base and element types and their fields.
struct TypeShape {
	uint32_t type;
	int32_t modifier;
};

enum class Fit {
	Fits,
	MayFail, // a value that does not fit is an error
	Loses,	 // a value may be changed without a word: it cannot be had back from what the column stores
};

struct AssignmentFit {
	Fit fit = Fit::Fits;
	std::string_view why; // what may be lost
};

// Types that are not known fit. clock_changes: in the zone of the assignment there are local times that are left out or
// come twice.
AssignmentFit FitOfAssignment(TypeShape from, TypeShape to, bool clock_changes);

} // namespace sluice
