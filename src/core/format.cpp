#define FMT_HEADER_ONLY 1
#include <fmt/format.h>

#include "core/format.hpp"

namespace sluice {

std::string
VFormat(std::string_view pattern, fmt::format_args arguments)
{
	return fmt::vformat(fmt::string_view(pattern.data(), pattern.size()), arguments);
}

std::string
Join(const std::vector<std::string> &parts, std::string_view separator)
{
	std::string text;
	for (const std::string &part : parts) {
		if (!text.empty()) {
			text += separator;
		}
		text += part;
	}
	return text;
}

} // namespace sluice
