#include "core/turns.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

std::vector<uint32_t>
Order(const std::vector<OwnerTurn> &owners)
{
	std::vector<uint32_t> order;
	for (size_t const index : TakeTurns(owners)) {
		order.push_back(owners[index].owner);
	}
	return order;
}

TEST(Turns, OneAfterTheOther)
{
	// {owner, live, last, due, waiting}
	EXPECT_EQ(Order({}), (std::vector<uint32_t>{}));
	EXPECT_EQ(Order({{1, 0, 0, 10, 3}}), (std::vector<uint32_t>{1, 1, 1}));
	EXPECT_EQ(Order({{1, 0, 0, 10, 3}, {2, 0, 0, 20, 2}}), (std::vector<uint32_t>{1, 2, 1, 2, 1}));
	EXPECT_EQ(Order({{1, 0, 0, 30, 1}, {2, 0, 0, 20, 1}}), (std::vector<uint32_t>{2, 1}));
}

TEST(Turns, WhoHasMuchUnderWayComesLater)
{
	EXPECT_EQ(Order({{1, 2, 0, 10, 2}, {2, 0, 0, 90, 3}}), (std::vector<uint32_t>{2, 2, 1, 2, 1}));
}

TEST(Turns, WhoHadTheLastTurnComesLater)
{
	// One place: a thousand old runs of one owner are not in the way of another's new one.
	EXPECT_EQ(Order({{1, 0, 7, 10, 2}, {2, 0, 0, 90, 1}}), (std::vector<uint32_t>{2, 1, 1}));
	EXPECT_EQ(Order({{1, 0, 7, 10, 1}, {2, 0, 8, 5, 1}}), (std::vector<uint32_t>{1, 2}));
}

TEST(Turns, WhoHasAProcessComesFirst)
{
	// {owner, live, last, due, waiting, kept}: as often as it has processes that wait.
	EXPECT_EQ(Order({{1, 0, 9, 10, 3, 1}, {2, 0, 0, 5, 2}}), (std::vector<uint32_t>{1, 2, 2, 1, 1}));
	EXPECT_EQ(FirstOwners({{1, 0, 0, 10, 0}, {2, 3, 9, 20, 0, 1}}, 1)[0].owner, 2U);
}

TEST(Turns, MoreOwnersThanCanBeLookedAt)
{
	std::vector<OwnerTurn> owners;
	for (uint32_t owner = 1; owner <= 100; ++owner) {
		owners.push_back({owner, owner == 3 ? 1 : 0, owner <= 50 ? 60 - owner : 0, 0, 0});
	}
	std::vector<OwnerTurn> const first = FirstOwners(owners, 60);
	ASSERT_EQ(first.size(), 60U);
	EXPECT_EQ(first[0].owner, 51U); // never had one
	EXPECT_EQ(first[49].owner, 100U);
	EXPECT_EQ(first[50].owner, 50U); // the longest without
	EXPECT_EQ(FirstOwners(owners, 1000).back().owner, 3U);
}

TEST(Turns, APlaceStaysForOthers)
{
	EXPECT_EQ(OwnerLimit(2, 4, true), 2);
	EXPECT_EQ(OwnerLimit(4, 4, true), 4);
	EXPECT_EQ(OwnerLimit(0, 4, true), 3);
	EXPECT_EQ(OwnerLimit(0, 4, false), 0);
	EXPECT_EQ(OwnerLimit(0, 1, true), 0);
}

} // namespace
} // namespace sluice::test
