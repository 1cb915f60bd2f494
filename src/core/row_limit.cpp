#include "core/row_limit.hpp"

#include <charconv>

namespace sluice {

namespace {

constexpr int64_t kWhole = 1'000'000; // millionths
constexpr size_t kDecimals = 4;		  // of a percentage

// Digits alone.
std::optional<int64_t>
ParseCount(std::string_view text)
{
	int64_t value = 0;
	if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
		return std::nullopt;
	}
	const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
	return problem == std::errc() && end == text.data() + text.size() ? std::optional<int64_t>(value) : std::nullopt;
}

std::optional<int64_t>
ParsePercentage(std::string_view text)
{
	size_t const point = text.find('.');
	std::optional<int64_t> const whole = ParseCount(text.substr(0, point));
	if (!whole || *whole > 100) {
		return std::nullopt;
	}
	int64_t millionths = *whole * (kWhole / 100);
	if (point != std::string_view::npos) {
		std::string_view const decimals = text.substr(point + 1);
		std::optional<int64_t> const part = ParseCount(decimals);
		if (!part || decimals.size() > kDecimals) {
			return std::nullopt;
		}
		int64_t scaled = *part;
		for (size_t i = decimals.size(); i < kDecimals; ++i) {
			scaled *= 10;
		}
		millionths += scaled;
	}
	return millionths <= kWhole ? std::optional<int64_t>(millionths) : std::nullopt;
}

} // namespace

std::optional<RowLimit>
RowLimit::Parse(std::string_view text)
{
	bool const is_share = text.ends_with('%');
	if (is_share) {
		text.remove_suffix(1);
		while (text.ends_with(' ')) {
			text.remove_suffix(1);
		}
	}
	std::optional<int64_t> const most = is_share ? ParsePercentage(text) : ParseCount(text);
	return most ? std::optional<RowLimit>(RowLimit(is_share, *most)) : std::nullopt;
}

bool
RowLimit::Allows(int64_t rows, int64_t of_rows) const
{
	if (!is_share_) {
		return rows <= most_;
	}
	constexpr int64_t kMostRows = INT64_MAX / kWhole;
	return of_rows <= kFewRows || (rows <= kMostRows && rows * kWhole <= of_rows * most_);
}

} // namespace sluice
