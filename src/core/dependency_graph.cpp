#include "core/dependency_graph.hpp"

#include <algorithm>
#include <deque>
#include <set>

namespace sluice {

std::vector<std::string>
FindCycle(const Needs &needs, const std::string &start)
{
	// Breadth first, so that the path that is shown is a short one.
	std::map<std::string, std::string> found_from;
	std::deque<std::string> open{start};
	while (!open.empty()) {
		std::string const node = open.front();
		open.pop_front();
		auto const needed = needs.find(node);
		if (needed == needs.end()) {
			continue;
		}
		for (const std::string &next : needed->second) {
			if (next == start) {
				std::vector<std::string> path{start, node};
				while (path.back() != start) {
					path.push_back(found_from.at(path.back()));
				}
				std::reverse(path.begin(), path.end());
				return path;
			}
			if (found_from.emplace(next, node).second) {
				open.push_back(next);
			}
		}
	}
	return {};
}

std::vector<std::string>
NeedsFirst(const std::vector<std::string> &nodes, const Needs &needs)
{
	std::map<std::string, size_t> places;
	for (const std::string &node : nodes) {
		places.emplace(node, places.size());
	}
	std::vector<size_t> missing(nodes.size(), 0);
	std::vector<std::vector<size_t>> needed_by(nodes.size());
	for (const auto &[node, needed] : needs) {
		auto const place = places.find(node);
		for (const std::string &one : needed) {
			auto const other = places.find(one);
			if (place != places.end() && other != places.end()) {
				needed_by[other->second].push_back(place->second);
				++missing[place->second];
			}
		}
	}
	std::set<size_t> ready;
	for (size_t place = 0; place < nodes.size(); ++place) {
		if (missing[place] == 0) {
			ready.insert(place);
		}
	}
	std::vector<std::string> ordered;
	while (!ready.empty()) {
		size_t const place = ready.extract(ready.begin()).value();
		ordered.push_back(nodes[place]);
		for (size_t const other : needed_by[place]) {
			if (--missing[other] == 0) {
				ready.insert(other);
			}
		}
	}
	return ordered;
}

std::optional<int64_t>
LongestPath(const std::vector<PathNode> &nodes)
{
	std::map<std::string, int64_t> ends;
	std::map<std::string, size_t> open_parents;
	std::map<std::string, std::vector<const PathNode *>> children;
	std::deque<const PathNode *> ready;
	for (const PathNode &node : nodes) {
		ends.emplace(node.id, 0);
	}
	for (const PathNode &node : nodes) {
		if (!node.length) {
			return std::nullopt;
		}
		size_t &open = open_parents[node.id];
		for (const std::string &parent : node.parents) {
			if (ends.count(parent) > 0) {
				children[parent].push_back(&node);
				++open;
			}
		}
		if (open == 0) {
			ready.push_back(&node);
		}
	}
	int64_t longest = 0;
	while (!ready.empty()) {
		const PathNode &node = *ready.front();
		ready.pop_front();
		// Up to now the latest end of its parents.
		int64_t const end = ends[node.id] += *node.length;
		longest = std::max(longest, end);
		for (const PathNode *child : children[node.id]) {
			ends[child->id] = std::max(ends[child->id], end);
			if (--open_parents[child->id] == 0) {
				ready.push_back(child);
			}
		}
	}
	return longest;
}

} // namespace sluice
