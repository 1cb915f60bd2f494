// Whether a text is a number as SQL writes them. Pure C++.
#pragma once

#include <string_view>

#include "core/ascii.hpp"

namespace sluice {

// Digits with a sign, a point and an exponent at most: 12, -0.5, 1e6. What a date never is.
constexpr bool
IsNumberText(std::string_view text)
{
	text = Trim(text);
	auto const skip_sign = [&text] {
		if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
			text.remove_prefix(1);
		}
	};
	auto const skip_digits = [&text] {
		size_t count = 0;
		for (; !text.empty() && IsDigit(text.front()); ++count) {
			text.remove_prefix(1);
		}
		return count;
	};
	skip_sign();
	size_t digits = skip_digits();
	if (!text.empty() && text.front() == '.') {
		text.remove_prefix(1);
		digits += skip_digits();
	}
	if (digits == 0) {
		return false;
	}
	if (!text.empty() && LowerAscii(text.front()) == 'e') {
		text.remove_prefix(1);
		skip_sign();
		if (skip_digits() == 0) {
			return false;
		}
	}
	return text.empty();
}

} // namespace sluice
