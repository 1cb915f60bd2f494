// "Did you mean": the candidate that differs least from what was typed. Pure C++.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// Insertions, deletions, substitutions and swaps of neighbours, upper and lower case being equal.
// Nothing when no candidate is near: more than a third of the characters would have to change.
std::optional<std::string> Nearest(std::string_view typed, std::span<const std::string_view> candidates);
std::optional<std::string> Nearest(std::string_view typed, const std::vector<std::string> &candidates);

} // namespace sluice
