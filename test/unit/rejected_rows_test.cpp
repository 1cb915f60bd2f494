#include "core/rejected_rows.hpp"

#include <gtest/gtest.h>

namespace sluice {

namespace {

RejectedRow
Row(int64_t position, size_t bytes = 10)
{
	RejectedRow row;
	row.position = position;
	row.row = std::string(bytes, 'x');
	return row;
}

TEST(RejectLimit, TakesCountsAndPercentages)
{
	EXPECT_EQ(RejectLimit::Parse("0")->Text(), "0 rows");
	EXPECT_EQ(RejectLimit::Parse("1000000")->Text(), "1000000 rows");
	EXPECT_EQ(RejectLimit::Parse("5%")->Text(), "5% of the rows");
	EXPECT_EQ(RejectLimit::Parse("0.25%")->Text(), "0.25% of the rows");
	EXPECT_EQ(RejectLimit::Parse("100%")->Text(), "100% of the rows");
	for (const char *text :
		 {"", "%", "-1", "-1%", "101%", "1000001", "many", "5 %", "1e3", "5%%", "nan%", "99999999999999999999"}) {
		EXPECT_FALSE(RejectLimit::Parse(text)) << text;
	}
}

TEST(RejectLimit, IsExceededByOneMore)
{
	EXPECT_FALSE(RejectLimit::Parse("3")->IsExceeded(3));
	EXPECT_TRUE(RejectLimit::Parse("3")->IsExceeded(4));
	EXPECT_TRUE(RejectLimit::Parse("0")->IsExceeded(1));
	RejectLimit const percent = *RejectLimit::Parse("5%");
	EXPECT_FALSE(percent.IsExceeded(100));
	EXPECT_FALSE(percent.IsExceededAtEnd(5, 100));
	EXPECT_TRUE(percent.IsExceededAtEnd(6, 100));
	EXPECT_FALSE(percent.IsExceededAtEnd(0, 0));
	EXPECT_TRUE(RejectLimit::Parse("100%")->IsExceeded(1'000'001));
}

TEST(RejectedRows, KeepsTheFirstAndGivesEachOnce)
{
	RejectedRows rows;
	int64_t written = 0;
	for (int64_t i = 1; i <= 2500; ++i) {
		rows.Add(Row(i));
		if (rows.ShouldBeWritten()) {
			written += static_cast<int64_t>(rows.TakeUnwritten().size());
		}
	}
	EXPECT_EQ(rows.Count(), 2500);
	EXPECT_EQ(rows.First().size(), 1000);
	EXPECT_EQ(rows.First().back().position, 1000);
	EXPECT_EQ(written + static_cast<int64_t>(rows.Unwritten().size()), 2500);
	rows.BeginChunk();
	EXPECT_TRUE(rows.First().empty());
	EXPECT_TRUE(rows.Unwritten().empty());
	EXPECT_EQ(rows.Count(), 2500);
}

TEST(RejectedRows, BoundsWhatItKeepsInBytes)
{
	RejectedRows rows;
	for (int64_t i = 1; i <= 20; ++i) {
		rows.Add(Row(i, 1'000'000));
		if (rows.ShouldBeWritten()) {
			(void)rows.TakeUnwritten();
		}
		EXPECT_LE(rows.Unwritten().size(), 2);
	}
	EXPECT_EQ(rows.First().size(), 4);
}

} // namespace

} // namespace sluice
