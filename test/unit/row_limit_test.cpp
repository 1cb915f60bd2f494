#include "core/row_limit.hpp"

#include <gtest/gtest.h>

namespace sluice {

namespace {

TEST(RowLimit, CountsAndShares)
{
	for (const char *text : {"0", "1000", "10%", "10 %", "0.5%", "99.9999%", "100%", "100.0%", "0%"}) {
		EXPECT_TRUE(RowLimit::Parse(text)) << text;
	}
	for (const char *text : {"", "%", " 10", "-1", "+1", "1.5", "101%", "100.0001%", "1.00000%", ".5%", "1.%", "1,5%",
							 "10%%", "ten", "99999999999999999999", "1e3"}) {
		EXPECT_FALSE(RowLimit::Parse(text)) << text;
	}
}

TEST(RowLimit, ACountHoldsForAnyTable)
{
	RowLimit const limit = *RowLimit::Parse("10");
	EXPECT_TRUE(limit.Allows(10, 10));
	EXPECT_TRUE(limit.Allows(10, 100'000));
	EXPECT_FALSE(limit.Allows(11, 100'000));
	EXPECT_FALSE(RowLimit::Parse("0")->Allows(1, 5));
	EXPECT_TRUE(RowLimit::Parse("0")->Allows(0, 5));
}

TEST(RowLimit, AShareHoldsWhereThereAreMoreThanAFewRows)
{
	RowLimit const half = *RowLimit::Parse("50%");
	EXPECT_TRUE(half.Allows(1000, 1000));
	EXPECT_TRUE(half.Allows(500, 1001));
	EXPECT_FALSE(half.Allows(501, 1001));
	EXPECT_TRUE(half.Allows(501, 1002));
	EXPECT_TRUE(RowLimit::Parse("100%")->Allows(5000, 5000));
	EXPECT_FALSE(RowLimit::Parse("0%")->Allows(1, 5000));
	RowLimit const fine = *RowLimit::Parse("0.0001%");
	EXPECT_TRUE(fine.Allows(1, 1'000'000));
	EXPECT_FALSE(fine.Allows(1, 999'999));
	EXPECT_FALSE(half.Allows(INT64_MAX, INT64_MAX));
}

} // namespace

} // namespace sluice
