// Values of a cursor, computed with as their own type.
#pragma once

#include <string>
#include <string_view>

#include "engine/source/cursor_range.hpp"

namespace sluice::engine {

constexpr std::string_view kNoLag = "0.000000";

// lag: seconds, or a number. Throws Error where the type knows none.
std::string CursorLess(const CursorColumn &column, const std::string &value, const std::string &lag);
bool IsGreater(const CursorType &type, const std::string &left, const std::string &right);
// Nothing could ever come behind it.
bool IsEndless(const std::string &value);

} // namespace sluice::engine
