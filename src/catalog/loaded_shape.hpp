// What the last successful load of a pipeline read: its columns as they went to the destination.
#pragma once

#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::catalog {

struct LoadedColumn {
	std::string name;
	std::string type_text;
	Oid type = InvalidOid; // behind domains and arrays
	int32 modifier = -1;

	bool operator==(const LoadedColumn &) const = default;
};

std::vector<LoadedColumn> LoadedShape(const std::string &pipeline_id);
// An empty one: the next load is compared with nothing.
void RememberShape(const std::string &pipeline_id, const std::vector<LoadedColumn> &shape);

} // namespace sluice::catalog
