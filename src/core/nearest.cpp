#include "core/nearest.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice {

namespace {

// Names are at most 63 bytes in PostgreSQL; what is much longer was not mistyped.
constexpr size_t kMaxLength = 128;

size_t
Distance(std::string_view left, std::string_view right)
{
	size_t const width = right.size() + 1;
	std::vector<size_t> before_last(width);
	std::vector<size_t> last(width);
	std::vector<size_t> current(width);
	for (size_t j = 0; j < width; ++j) {
		last[j] = j;
	}
	for (size_t i = 1; i <= left.size(); ++i) {
		current[0] = i;
		for (size_t j = 1; j < width; ++j) {
			bool const equal = LowerAscii(left[i - 1]) == LowerAscii(right[j - 1]);
			current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (equal ? 0 : 1)});
			if (i > 1 && j > 1 && LowerAscii(left[i - 1]) == LowerAscii(right[j - 2]) &&
				LowerAscii(left[i - 2]) == LowerAscii(right[j - 1])) {
				current[j] = std::min(current[j], before_last[j - 2] + 1);
			}
		}
		std::swap(before_last, last);
		std::swap(last, current);
	}
	return last[right.size()];
}

template <typename Candidates>
std::optional<std::string>
NearestOf(std::string_view typed, const Candidates &candidates)
{
	std::optional<std::string> nearest;
	size_t least = 0;
	for (std::string_view const candidate : candidates) {
		size_t const longer = std::max(typed.size(), candidate.size());
		size_t const allowed = std::max<size_t>(1, longer / 3);
		if (longer > kMaxLength || longer - std::min(typed.size(), candidate.size()) > allowed) {
			continue;
		}
		size_t const distance = Distance(typed, candidate);
		if (distance <= allowed && distance < longer && (!nearest || distance < least)) {
			nearest = std::string(candidate);
			least = distance;
		}
	}
	return nearest;
}

} // namespace

std::optional<std::string>
Nearest(std::string_view typed, std::span<const std::string_view> candidates)
{
	return NearestOf(typed, candidates);
}

std::optional<std::string>
Nearest(std::string_view typed, const std::vector<std::string> &candidates)
{
	return NearestOf(typed, candidates);
}

} // namespace sluice
