#include "core/wrapper_setting.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

std::string
Setting(std::string_view wrapper, int64_t rows)
{
	const WrapperSetting *const setting = FindWrapperSetting(wrapper);
	return setting == nullptr ? "" : std::string(setting->option) + "=" + WrapperSettingValue(*setting, rows);
}

TEST(WrapperSetting, KnownByName)
{
	EXPECT_EQ(Setting("postgres_fdw", 10000), "fetch_size=10000");
	EXPECT_EQ(Setting("mysql_fdw", 10000), "fetch_size=10000");
	EXPECT_EQ(Setting("mysql_fdw", 1'000'000), "fetch_size=1000000");
	EXPECT_EQ(Setting("oracle_fdw", 10000), "prefetch=1000") << "its greatest";
	EXPECT_EQ(Setting("oracle_fdw", 50), "prefetch=50");
	EXPECT_EQ(Setting("tds_fdw", 10000), "use_remote_estimate=false");
	EXPECT_EQ(FindWrapperSetting("tds_fdw")->unless, "row_estimate_method");
	EXPECT_EQ(Setting("file_fdw", 10000), "");
	EXPECT_EQ(Setting("", 10000), "");
}

} // namespace
} // namespace sluice::test
