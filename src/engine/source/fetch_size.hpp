// How many rows a wrapper fetches at a time, set in a plan: postgres_fdw's own number, 100, makes a scan of a whole
// table wait for the network. Foreign tables and servers are not touched.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Where a plan holds the number, and the columns that are fetched.
struct PlannedFetch {
	Integer *rows;
	const List *columns;
};

struct FetchSize {
	int64 rows;
	bool asked; // by the user, for this pipeline: goes before what servers and tables say
	// False for a wrapper that is not known, or whose plan looks in any other way.
	bool (*find)(const ForeignScan *scan, PlannedFetch *found);
};

// Returns how many scans fetch more (or less) than before.
int SetFetchSizes(PlannedStmt *plan, FetchSize wanted);

} // namespace sluice::engine::leaf
