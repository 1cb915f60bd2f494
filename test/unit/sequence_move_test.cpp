#include "core/sequence_move.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sluice {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::optional<int64_t>
Target(int64_t increment, int64_t last_value, bool is_called, int64_t extreme, int64_t minimum = kLeast,
	   int64_t maximum = kMost)
{
	return SequenceTarget({increment, minimum, maximum, last_value, is_called}, extreme);
}

TEST(SequenceMove, GoesPastTheGreatestValue)
{
	EXPECT_EQ(Target(1, 1, false, 100), 100);
	EXPECT_EQ(Target(1, 7, true, 100), 100);
	EXPECT_EQ(Target(1, 1, false, 1), 1);
	EXPECT_EQ(Target(-1, -1, false, -50), -50);
	EXPECT_EQ(Target(-1, -7, true, -50), -50);
}

TEST(SequenceMove, NeverGoesBack)
{
	EXPECT_EQ(Target(1, 100, true, 100), std::nullopt);
	EXPECT_EQ(Target(1, 101, false, 100), std::nullopt);
	EXPECT_EQ(Target(1, 500, true, 100), std::nullopt);
	EXPECT_EQ(Target(-1, -100, true, -99), std::nullopt);
	EXPECT_EQ(Target(-1, -101, false, -100), std::nullopt);
}

TEST(SequenceMove, KeepsItsStep)
{
	EXPECT_EQ(Target(2, 1, false, 100), 101);
	EXPECT_EQ(Target(2, 1, true, 101), 101);
	EXPECT_EQ(Target(10, 5, true, 6), 15);
	EXPECT_EQ(Target(-10, -5, true, -6), -15);
}

TEST(SequenceMove, StaysWithinItsBounds)
{
	EXPECT_EQ(Target(10, 1, true, 99, 1, 100), 91);
	EXPECT_EQ(Target(10, 91, true, 99, 1, 100), std::nullopt);
	EXPECT_EQ(Target(-10, -1, true, -99, -100, -1), -91);
	EXPECT_EQ(Target(1, 1, false, kMost), kMost);
	EXPECT_EQ(Target(1, kLeast, false, kMost), kMost);
	EXPECT_EQ(Target(-1, kMost, true, kLeast), kLeast);
	EXPECT_EQ(Target(kMost, 0, true, kMost), kMost);
	EXPECT_EQ(Target(kLeast, 0, true, kLeast), kLeast);
}

TEST(SequenceMove, CountsItsSteps)
{
	EXPECT_EQ(SequenceSteps({1, 1, kMost, 1, false}, 100), 100);
	EXPECT_EQ(SequenceSteps({1, 1, kMost, 1, true}, 100), 99);
	EXPECT_EQ(SequenceSteps({-5, kLeast, -1, -1, true}, -11), 2);
	EXPECT_EQ(SequenceSteps({1, kLeast, kMost, kLeast, true}, kMost), kMost);
}

} // namespace
} // namespace sluice
