// Which pipelines depend on which, for the checks of definitions. Reads what is committed now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::catalog {

// Both wait, until the end of the transaction, for others who change the graph: whoever looks at it to decide about
// a change looks after this.
void LockGraphForChange();
void LockGraphForDrop();

struct GraphNode {
	std::string id;
	std::string label; // its name, or its id where that role may not see it
	std::vector<std::string> depends_on;
	std::optional<std::string> on_failure;
};
// These pipelines and all that they need, at any distance.
std::vector<GraphNode> NeededBy(const std::vector<std::string> &ids, Oid role);

// owner/name of the pipelines that depend on this one, and of those whose fallback it is.
std::vector<std::string> DependentsOf(const std::string &id, Oid role);
std::vector<std::string> FallbackUsersOf(const std::string &id, Oid role);

} // namespace sluice::catalog
