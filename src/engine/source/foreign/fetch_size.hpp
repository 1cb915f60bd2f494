// How many rows postgres_fdw fetches at a time, set in a plan: its own number, 100, makes a scan of a whole table wait
// for the network. Foreign tables and servers are not touched.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct FetchSize {
	int64 rows;
	bool asked; // by the user, for this pipeline: goes before what servers and tables say
};

// Returns how many scans fetch more (or less) than before.
int SetFetchSizes(PlannedStmt *plan, FetchSize wanted);

} // namespace sluice::engine::leaf
