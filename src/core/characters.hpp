// Characters that nobody sees, or that change how others are shown: a name with one looks like another name. Texts
// are UTF-8; in another encoding of the server nothing but ASCII's control characters is found. Pure C++.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// The first character that has no place in a name: control characters, direction marks (U+202E and its kind), of no
// width, line and paragraph separators, tags, fillers.
std::optional<char32_t> FirstHidden(std::string_view text);

// The first control character that is neither a tab nor a line break.
std::optional<char32_t> FirstControl(std::string_view text);

bool IsControl(char32_t character);

// 'U+202E'.
std::string CodePointText(char32_t character);

} // namespace sluice
