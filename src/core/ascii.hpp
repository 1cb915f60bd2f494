// Text that users type as keywords: ASCII only, whatever the locale says.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

constexpr char
LowerAscii(char c)
{
	return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool
IsDigit(char c)
{
	return c >= '0' && c <= '9';
}

constexpr bool
IsBlank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

constexpr bool
EqualsIgnoringCase(std::string_view left, std::string_view right)
{
	return std::equal(left.begin(), left.end(), right.begin(), right.end(),
					  [](char a, char b) { return LowerAscii(a) == LowerAscii(b); });
}

inline std::string
Lowered(std::string_view text)
{
	std::string lowered(text);
	std::transform(lowered.begin(), lowered.end(), lowered.begin(), LowerAscii);
	return lowered;
}

constexpr std::string_view
Trim(std::string_view text)
{
	while (!text.empty() && IsBlank(text.front())) {
		text.remove_prefix(1);
	}
	while (!text.empty() && IsBlank(text.back())) {
		text.remove_suffix(1);
	}
	return text;
}

// Digits only, no sign; nothing when it is anything else or does not fit.
inline std::optional<int>
ParseDigits(std::string_view text)
{
	int value = 0;
	const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
	bool const good = problem == std::errc() && end == text.data() + text.size() && IsDigit(text.front());
	return good ? std::optional<int>(value) : std::nullopt;
}

} // namespace sluice
