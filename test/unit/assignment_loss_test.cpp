#include "core/assignment_loss.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr uint32_t kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kOid = 26, kChar = 18, kRegclass = 2205, kName = 19,
				   kFloat4 = 700, kFloat8 = 701, kMoney = 790, kCidr = 650, kInet = 869, kBpchar = 1042,
				   kVarchar = 1043, kDate = 1082, kTime = 1083, kTimestamp = 1114, kTimestamptz = 1184,
				   kInterval = 1186, kTimetz = 1266, kBit = 1560, kVarbit = 1562, kNumeric = 1700, kJson = 114,
				   kJsonb = 3802;

TypeShape
Numeric(int precision, int scale)
{
	return {kNumeric, ((precision << 16) | (scale & 0x7ff)) + 4};
}

TypeShape
Characters(uint32_t type, int length)
{
	return {type, length + 4};
}

Fit
Of(TypeShape from, TypeShape to)
{
	return FitOfAssignment(from, to, true).fit;
}

TEST(AssignmentLoss, Numbers)
{
	EXPECT_EQ(Of(Numeric(12, 4), Numeric(10, 2)), Fit::Loses);
	EXPECT_EQ(Of({kNumeric, -1}, Numeric(10, 2)), Fit::Loses);
	EXPECT_EQ(Of(Numeric(10, 2), Numeric(10, 2)), Fit::Fits);
	EXPECT_EQ(Of(Numeric(10, 2), Numeric(12, 4)), Fit::Fits);
	EXPECT_EQ(Of(Numeric(12, 2), Numeric(10, 2)), Fit::MayFail);
	EXPECT_EQ(Of(Numeric(10, 2), {kNumeric, -1}), Fit::Fits);
	EXPECT_EQ(Of(Numeric(5, -2), Numeric(5, -3)), Fit::Loses);
	EXPECT_EQ(Of(Numeric(5, 0), {kInt8, -1}), Fit::MayFail);
	EXPECT_EQ(Of(Numeric(5, 1), {kInt8, -1}), Fit::Loses);
	EXPECT_EQ(Of({kFloat8, -1}, {kInt4, -1}), Fit::Loses);
	EXPECT_EQ(Of({kInt8, -1}, {kInt4, -1}), Fit::MayFail);
	EXPECT_EQ(Of({kInt2, -1}, {kInt4, -1}), Fit::Fits);
	EXPECT_EQ(Of({kInt4, -1}, Numeric(10, 0)), Fit::Fits);
	EXPECT_EQ(Of({kInt4, -1}, Numeric(10, 2)), Fit::MayFail);
	EXPECT_EQ(Of({kInt8, -1}, {kFloat8, -1}), Fit::Loses);
	EXPECT_EQ(Of({kInt4, -1}, {kFloat8, -1}), Fit::Fits);
	EXPECT_EQ(Of({kFloat8, -1}, {kFloat4, -1}), Fit::Loses);
	EXPECT_EQ(Of({kFloat4, -1}, {kFloat8, -1}), Fit::Fits);
	EXPECT_EQ(Of({kNumeric, -1}, {kFloat8, -1}), Fit::Loses);
	EXPECT_EQ(Of(Numeric(15, 2), {kFloat8, -1}), Fit::Fits);
	EXPECT_EQ(Of(Numeric(16, 2), {kFloat8, -1}), Fit::Loses);
	EXPECT_EQ(Of(Numeric(6, 2), {kFloat4, -1}), Fit::Fits);
	EXPECT_EQ(Of(Numeric(7, 2), {kFloat4, -1}), Fit::Loses);
	EXPECT_EQ(Of(Numeric(3, 320), {kFloat8, -1}), Fit::Loses);
	EXPECT_EQ(Of({kOid, -1}, {kInt4, -1}), Fit::Loses);
	EXPECT_EQ(Of({kOid, -1}, {kInt8, -1}), Fit::Fits);
	EXPECT_EQ(Of({kInt4, -1}, {kOid, -1}), Fit::Loses);
	EXPECT_EQ(Of({kInt8, -1}, {kRegclass, -1}), Fit::MayFail);
	EXPECT_EQ(Of({kText, -1}, {kRegclass, -1}), Fit::MayFail);
	EXPECT_EQ(Of({kOid, -1}, {kRegclass, -1}), Fit::Fits);
	EXPECT_EQ(Of({kMoney, -1}, Numeric(20, 2)), Fit::Fits);
	EXPECT_EQ(Of({kMoney, -1}, Numeric(20, 1)), Fit::Loses);
	EXPECT_EQ(Of(Numeric(20, 3), {kMoney, -1}), Fit::Loses);
	EXPECT_EQ(Of({kText, -1}, {kNumeric, 10}), Fit::Fits);
}

TEST(AssignmentLoss, Texts)
{
	EXPECT_EQ(Of({kText, -1}, Characters(kVarchar, 10)), Fit::Loses);
	EXPECT_EQ(Of(Characters(kVarchar, 11), Characters(kVarchar, 10)), Fit::Loses);
	EXPECT_EQ(Of(Characters(kVarchar, 10), Characters(kBpchar, 10)), Fit::Loses);
	EXPECT_EQ(Of(Characters(kBpchar, 10), Characters(kBpchar, 10)), Fit::Fits);
	EXPECT_EQ(Of(Characters(kBpchar, 11), Characters(kBpchar, 10)), Fit::MayFail);
	EXPECT_EQ(Of(Characters(kBpchar, 11), Characters(kVarchar, 10)), Fit::MayFail);
	EXPECT_EQ(Of({kChar, -1}, Characters(kBpchar, 10)), Fit::Loses);
	EXPECT_EQ(Of({kChar, -1}, Characters(kVarchar, 10)), Fit::MayFail);
	EXPECT_EQ(Of({kVarchar, -1}, {kText, -1}), Fit::Fits);
	EXPECT_EQ(Of({kName, -1}, Characters(kVarchar, 63)), Fit::Fits);
	EXPECT_EQ(Of({kText, -1}, {kName, -1}), Fit::Loses);
	EXPECT_EQ(Of(Characters(kVarchar, 15), {kName, -1}), Fit::Fits);
	EXPECT_EQ(Of(Characters(kVarchar, 16), {kName, -1}), Fit::Loses);
	EXPECT_EQ(Of({kJson, -1}, {kName, -1}), Fit::Loses);
	EXPECT_EQ(Of({kInt8, -1}, {kName, -1}), Fit::Fits);
	EXPECT_EQ(Of({kJson, -1}, Characters(kVarchar, 5)), Fit::Loses);
	EXPECT_EQ(Of({kInt8, -1}, Characters(kVarchar, 5)), Fit::MayFail);
	EXPECT_EQ(Of({kJson, -1}, {kJsonb, -1}), Fit::Fits);
}

TEST(AssignmentLoss, Times)
{
	EXPECT_EQ(Of({kTimestamp, -1}, {kTimestamp, 0}), Fit::Loses);
	EXPECT_EQ(Of({kTimestamp, 3}, {kTimestamp, 6}), Fit::Fits);
	EXPECT_EQ(Of({kTimestamp, 3}, {kTimestamptz, -1}), Fit::Loses);
	EXPECT_EQ(FitOfAssignment({kTimestamp, 3}, {kTimestamptz, -1}, false).fit, Fit::Fits);
	EXPECT_EQ(Of({kTimestamptz, -1}, {kTimestamp, -1}), Fit::Loses);
	EXPECT_EQ(Of({kTimestamp, -1}, {kDate, -1}), Fit::Loses);
	EXPECT_EQ(Of({kTimestamp, -1}, {kTime, -1}), Fit::Loses);
	EXPECT_EQ(Of({kTimetz, -1}, {kTime, -1}), Fit::Loses);
	EXPECT_EQ(Of({kTime, -1}, {kTime, 2}), Fit::Loses);
	EXPECT_EQ(Of({kDate, -1}, {kTimestamp, 0}), Fit::MayFail);
	EXPECT_EQ(Of({kInterval, -1}, {kInterval, 0x7fff0000}), Fit::Loses);
	EXPECT_EQ(Of({kInterval, 5}, {kInterval, 5}), Fit::Fits);
	EXPECT_EQ(Of({kInterval, -1}, {kTime, -1}), Fit::Loses);
	constexpr int kYear = (1 << 2 << 16) | 0xffff, kYearToMonth = (6 << 16) | 0xffff, kDay = (8 << 16) | 0xffff;
	EXPECT_EQ(Of({kInterval, kYear}, {kInterval, kYearToMonth}), Fit::Fits);
	EXPECT_EQ(Of({kInterval, kYearToMonth}, {kInterval, kYear}), Fit::Loses);
	EXPECT_EQ(Of({kInterval, kYearToMonth}, {kInterval, kDay}), Fit::Fits);
	EXPECT_EQ(Of({kInterval, 0x7fff0003}, {kInterval, 0x7fff0006}), Fit::Fits);
	EXPECT_EQ(Of({kInterval, -1}, {kInterval, 0x7fff0006}), Fit::Fits);
	EXPECT_EQ(Of({kTime, 3}, {kInterval, 0x7fff0002}), Fit::Loses);
	EXPECT_EQ(Of({kTime, 3}, {kInterval, 0x7fff0003}), Fit::Fits);
}

TEST(AssignmentLoss, Others)
{
	EXPECT_EQ(Of({kBit, 8}, {kBit, 8}), Fit::Fits);
	EXPECT_EQ(Of({kBit, 8}, {kBit, 4}), Fit::MayFail);
	EXPECT_EQ(Of({kBit, 8}, {kVarbit, 8}), Fit::Fits);
	EXPECT_EQ(Of({kVarbit, -1}, {kVarbit, 8}), Fit::MayFail);
	EXPECT_EQ(Of({kInet, -1}, {kCidr, -1}), Fit::Loses);
	EXPECT_EQ(Of({kCidr, -1}, {kInet, -1}), Fit::Fits);
	EXPECT_EQ(Of({600, -1}, {600, -1}), Fit::Fits);
}

} // namespace
} // namespace sluice
