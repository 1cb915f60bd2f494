#include "core/dependency_graph.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

using Path = std::vector<std::string>;

TEST(FindCycle, ShowsTheWayBack)
{
	EXPECT_EQ(FindCycle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}}, "a"), (Path{"a", "b", "c", "a"}));
	EXPECT_EQ(FindCycle({{"a", {"a"}}}, "a"), (Path{"a", "a"}));
	EXPECT_EQ(FindCycle({{"a", {"b"}}, {"b", {"a"}}}, "b"), (Path{"b", "a", "b"}));
}

TEST(FindCycle, PrefersAShortOne)
{
	EXPECT_EQ(FindCycle({{"a", {"b", "c"}}, {"b", {"d"}}, {"d", {"a"}}, {"c", {"a"}}}, "a"), (Path{"a", "c", "a"}));
}

TEST(FindCycle, FindsNoneWhereThereIsNone)
{
	EXPECT_TRUE(FindCycle({}, "a").empty());
	// A diamond is no cycle.
	EXPECT_TRUE(FindCycle({{"d", {"b", "c"}}, {"b", {"a"}}, {"c", {"a"}}}, "d").empty());
	// Nor is one that start only leads to.
	EXPECT_TRUE(FindCycle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}, "a").empty());
}

TEST(FindCycle, IsNotRecursive)
{
	constexpr int kLength = 100'000;
	Needs needs;
	for (int i = 0; i < kLength; ++i) {
		needs[std::to_string(i)] = {std::to_string((i + 1) % kLength)};
	}
	EXPECT_EQ(FindCycle(needs, "0").size(), static_cast<size_t>(kLength) + 1);
}

TEST(NeedsFirst, KeepsTheOrderWhereNothingIsNeeded)
{
	using Nodes = std::vector<std::string>;
	EXPECT_EQ(NeedsFirst({}, {}), Nodes{});
	EXPECT_EQ(NeedsFirst({"b", "a", "c"}, {}), (Nodes{"b", "a", "c"}));
	// What is no node does not count, whether it needs or is needed.
	EXPECT_EQ(NeedsFirst({"b", "a"}, {{"b", {"x"}}, {"x", {"a"}}}), (Nodes{"b", "a"}));
}

TEST(NeedsFirst, PutsWhatIsNeededBefore)
{
	using Nodes = std::vector<std::string>;
	EXPECT_EQ(NeedsFirst({"a", "b", "c"}, {{"a", {"c"}}}), (Nodes{"b", "c", "a"}));
	// A diamond; needed twice by the same one.
	EXPECT_EQ(NeedsFirst({"a", "b", "c", "d"}, {{"a", {"b", "c", "b"}}, {"b", {"d"}}, {"c", {"d"}}}),
			  (Nodes{"d", "b", "c", "a"}));
}

TEST(LongestPath, AddsAlongPathsOnly)
{
	EXPECT_EQ(LongestPath({}), 0);
	EXPECT_EQ(LongestPath({{"a", {}, 5}}), 5);
	EXPECT_EQ(LongestPath({{"a", {}, 5}, {"b", {}, 7}}), 7);
	EXPECT_EQ(LongestPath({{"a", {}, 5}, {"b", {"a"}, 7}}), 12);
	// A diamond, children listed before their parents.
	EXPECT_EQ(LongestPath({{"d", {"b", "c"}, 1}, {"c", {"a"}, 2}, {"b", {"a"}, 9}, {"a", {}, 3}}), 13);
	// What is over is not in the list.
	EXPECT_EQ(LongestPath({{"d", {"b", "c"}, 1}, {"c", {"a"}, 2}}), 3);
}

TEST(LongestPath, IsUnknownWithAnUnknownPart)
{
	EXPECT_EQ(LongestPath({{"a", {}, 5}, {"b", {"a"}, std::nullopt}}), std::nullopt);
}

} // namespace
} // namespace sluice::test
