// The columns of a destination that a query feeds, wherever the destination is and before there is one.
#pragma once

#include <vector>

#include "engine/target/destination.hpp"

namespace sluice::engine {

struct FedColumns {
	TupleDesc row_type = nullptr;
	std::vector<int> source_of;			// per attribute of it: column of the query
	std::vector<std::string> unwelcome; // of the match

	// What computes them from the query, or from another one with the same columns.
	List *TargetList(const MappedQuery &query) const
	{
		return pg::Call(leaf::BuildTargetListFor, query.Analyzed(), row_type,
						static_cast<const int *>(source_of.data()));
	}
};

// Takes ACCESS SHARE for a moment. Throws what a run would say of columns that do not fit.
FedColumns FindFedColumns(const MappedQuery &query, const Destination &destination);

} // namespace sluice::engine
