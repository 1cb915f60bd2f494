// The guards of loads that delete what is gone from the source: an extract that is wrong must not empty a table.
#pragma once

#include <string>

#include "core/load_plan.hpp"

namespace sluice::engine {

struct Loss {
	const std::string &destination;
	const char *done; // what would be done to the rows: "deleted"
	int64_t gone = 0;
	int64_t rows = 0; // that were compared
	bool nothing_read = false;
};

// Throws Error SL014 or SL015, with the figure and how to allow it.
void CheckLoss(const Loss &loss, const ComparePlan &plan);

// Of a replace that would leave its destination empty.
[[noreturn]] void RefuseEmpty(const std::string &destination);

} // namespace sluice::engine
