#include "core/wrapper_setting.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

TEST(WrapperSetting, Value)
{
	WrapperSetting const rows{"prefetch", "", "", 1000};
	EXPECT_EQ(WrapperSettingValue(rows, 50), "50");
	EXPECT_EQ(WrapperSettingValue(rows, 10000), "1000") << "its greatest";
	EXPECT_EQ(WrapperSettingValue(rows, 0), "1");
	WrapperSetting const fixed{"use_remote_estimate", "row_estimate_method", "false", 0};
	EXPECT_EQ(WrapperSettingValue(fixed, 10000), "false");
}

} // namespace
} // namespace sluice::test
