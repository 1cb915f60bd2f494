// Formatting with fmt. Its implementation is compiled once, in format.cpp, header-only, so that the
// module depends on no distribution's libfmt and the other files compile in a quarter of the time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

namespace sluice {

std::string VFormat(std::string_view pattern, fmt::format_args arguments);

// The pattern is checked at compile time.
template <typename... T>
std::string
Format(fmt::format_string<T...> pattern, T &&...arguments)
{
	fmt::string_view const text = pattern;
	return VFormat(std::string_view(text.data(), text.size()), fmt::make_format_args(arguments...));
}

// For patterns that are not literals.
template <typename... T>
std::string
FormatRuntime(std::string_view pattern, const T &...arguments)
{
	return VFormat(pattern, fmt::make_format_args(arguments...));
}

std::string Join(const std::vector<std::string> &parts, std::string_view separator);

} // namespace sluice
