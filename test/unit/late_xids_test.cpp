#include "core/late_xids.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

constexpr uint64_t kEpoch = uint64_t{1} << 32;

TEST(LateXids, RowsSinceASnapshotAreToldByTheirXmin)
{
	EXPECT_EQ(WhichAreLate(700, 700, 700), LateRows::ByXmin);
	EXPECT_EQ(WhichAreLate(700, 900, 1000), LateRows::ByXmin);
	EXPECT_EQ(WhichAreLate(kEpoch - 5, kEpoch + 3, kEpoch + 4), LateRows::ByXmin);
}

TEST(LateXids, ACountThatWentBackTellsNothing)
{
	EXPECT_EQ(WhichAreLate(700, 699, 1000), LateRows::WentBack);
	EXPECT_EQ(WhichAreLate(kEpoch + 700, 700, 1000), LateRows::WentBack);
}

TEST(LateXids, BeyondTheReachOfAgeNothingIsTold)
{
	EXPECT_EQ(WhichAreLate(700, 700, 2'000'000'700), LateRows::ByXmin);
	EXPECT_EQ(WhichAreLate(700, 700, 2'000'000'701), LateRows::Wrapped);
	EXPECT_EQ(WhichAreLate(700, kEpoch + 700, kEpoch + 800), LateRows::Wrapped);
}

} // namespace
} // namespace sluice::test
