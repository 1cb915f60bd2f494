#include "core/version.hpp"

#include <charconv>

namespace sluice {

namespace {

int
TakePart(std::string_view *version)
{
	size_t const end = version->find('.');
	std::string_view const text = version->substr(0, end);
	version->remove_prefix(end == std::string_view::npos ? version->size() : end + 1);
	int part = 0;
	std::from_chars(text.data(), text.data() + text.size(), part);
	return part;
}

} // namespace

bool
IsOlderVersion(std::string_view a, std::string_view b)
{
	while (!a.empty() || !b.empty()) {
		int const mine = TakePart(&a);
		int const other = TakePart(&b);
		if (mine != other) {
			return mine < other;
		}
	}
	return false;
}

} // namespace sluice
