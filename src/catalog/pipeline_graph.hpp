// Which pipelines depend on which, for the checks of definitions. Reads what is committed now.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::catalog {

// Both wait, until the end of the transaction, for others who change what this change is about, at most for
// lock_timeout or ten seconds (55P03): whoever looks at the graph to decide about a change looks after this.
//
// own: the pipeline whose targets change; nothing for a new one, on which nobody depends. targets: the ids, as they
// are now. Own is locked against all, and what the targets need, at any distance, against those who change that: so
// of two changes that close a cycle together, one sees the other. Locks are taken in one order, by id; where the
// graph has grown meanwhile they are given back and taken anew.
void LockGraphForChange(const std::optional<std::string> &own,
						const std::function<std::vector<std::string>()> &targets);
void LockGraphForDrop(const std::string &own);

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
// id -> owner/name, or the id where that role may not see it.
std::map<std::string, std::string> LabelsOf(const std::vector<std::string> &ids, Oid role);

} // namespace sluice::catalog
