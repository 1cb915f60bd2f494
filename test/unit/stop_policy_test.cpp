#include "core/stop_policy.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

// How many places a role gets that asks without end.
int
Taken(int free)
{
	int held = 0;
	while (MayRequestStop(held, free)) {
		++held;
		--free;
	}
	return held;
}

TEST(StopPolicy, TheFirstOfARoleNeedsAFreePlace)
{
	EXPECT_TRUE(MayRequestStop(0, 1));
	EXPECT_FALSE(MayRequestStop(0, 0));
}

TEST(StopPolicy, OneRoleNeverTakesTheLastPlaces)
{
	EXPECT_EQ(Taken(256), 128);
	EXPECT_EQ(Taken(128), 64);
	EXPECT_EQ(Taken(3), 2);
	EXPECT_EQ(Taken(1), 1);
}

} // namespace
} // namespace sluice::test
