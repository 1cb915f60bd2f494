#include "core/version.hpp"

#include <gtest/gtest.h>

using sluice::IsOlderVersion;

TEST(Version, ComparesNumbersNotText)
{
	EXPECT_TRUE(IsOlderVersion("0.1", "0.2"));
	EXPECT_TRUE(IsOlderVersion("0.9", "0.10"));
	EXPECT_TRUE(IsOlderVersion("0.2", "1"));
	EXPECT_TRUE(IsOlderVersion("1.0", "1.0.1"));
	EXPECT_FALSE(IsOlderVersion("0.10", "0.9"));
	EXPECT_FALSE(IsOlderVersion("2", "1.9.9"));
}

TEST(Version, TheSameIsNotOlder)
{
	EXPECT_FALSE(IsOlderVersion("0.2", "0.2"));
	EXPECT_FALSE(IsOlderVersion("1", "1.0.0"));
	EXPECT_FALSE(IsOlderVersion("", ""));
}

TEST(Version, TakesWhatIsNoNumberAsZero)
{
	EXPECT_TRUE(IsOlderVersion("unknown", "0.1"));
	EXPECT_FALSE(IsOlderVersion("0.1", "0.x"));
}
