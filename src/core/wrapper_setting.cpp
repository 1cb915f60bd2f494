#include "core/wrapper_setting.hpp"

#include <algorithm>

namespace sluice {

std::string
WrapperSettingValue(const WrapperSetting &setting, int64_t rows)
{
	return setting.value.empty() ? std::to_string(std::clamp<int64_t>(rows, 1, setting.most_rows))
								 : std::string(setting.value);
}

} // namespace sluice
