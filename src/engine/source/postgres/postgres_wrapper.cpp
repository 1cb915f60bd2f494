#include "engine/source/postgres/postgres_wrapper.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace sluice::engine::leaf {

// In all supported versions the number is the third member, behind the statement and the columns.
bool
FindPostgresFetch(const ForeignScan *scan, PlannedFetch *found)
{
	if (list_length(scan->fdw_private) < 3 || !IsA(linitial(scan->fdw_private), String) ||
		!IsA(lthird(scan->fdw_private), Integer)) {
		return false;
	}
	const void *const columns = lsecond(scan->fdw_private);
	if (columns != nullptr && !IsA(columns, IntList)) {
		return false;
	}
	*found = {lthird_node(Integer, scan->fdw_private), static_cast<const List *>(columns)};
	return true;
}

} // namespace sluice::engine::leaf
