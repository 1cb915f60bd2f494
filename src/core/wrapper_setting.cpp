#include "core/wrapper_setting.hpp"

#include <algorithm>
#include <iterator>

namespace sluice {

namespace {

constexpr int64_t kAnyNumber = 1'000'000;

constexpr WrapperSetting kSettings[] = {
	{"mysql_fdw", "fetch_size", "", "", kAnyNumber},
	{"oracle_fdw", "prefetch", "", "", 1000},
	{"postgres_fdw", "fetch_size", "", "", kAnyNumber},
	// Knows no number of rows, but to plan a query it runs the whole of it at the source, to count its rows.
	{"tds_fdw", "use_remote_estimate", "row_estimate_method", "false", 0},
};

} // namespace

const WrapperSetting *
FindWrapperSetting(std::string_view wrapper)
{
	const auto *const found = std::find_if(std::begin(kSettings), std::end(kSettings),
										   [wrapper](const WrapperSetting &known) { return known.wrapper == wrapper; });
	return found == std::end(kSettings) ? nullptr : found;
}

std::string
WrapperSettingValue(const WrapperSetting &setting, int64_t rows)
{
	return setting.value.empty() ? std::to_string(std::clamp<int64_t>(rows, 1, setting.most_rows))
								 : std::string(setting.value);
}

} // namespace sluice
