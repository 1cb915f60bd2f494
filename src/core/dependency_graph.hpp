// Pipelines that wait for each other, as a graph. Pure C++.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

// What each node needs first: node -> nodes. A node that is no key needs none.
using Needs = std::map<std::string, std::vector<std::string>>;

// A way from start back to start along what is needed, both ends included: {a, b, c, a}; a short one is preferred.
// Empty: there is none.
std::vector<std::string> FindCycle(const Needs &needs, const std::string &start);

// The nodes in an order in which what a node needs comes before it, else as they are given. What is needed and is no
// node does not count. No node may be on a cycle.
std::vector<std::string> NeedsFirst(const std::vector<std::string> &nodes, const Needs &needs);

struct PathNode {
	std::string id;
	std::vector<std::string> parents; // ids; those that are not in the list do not count
	std::optional<int64_t> length;	  // nothing: not known
};
// The longest sum of lengths along any path; nothing when a node's length is not known. No node may be on a cycle.
std::optional<int64_t> LongestPath(const std::vector<PathNode> &nodes);

} // namespace sluice
