// Text that comes from another server (messages, names) is whatever that server wants it to be. Before it enters a
// message, a log or a table it goes through here. Pure C++.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

constexpr size_t kOutsideTextLimit = 8192;

// The length of the character at the start of text (never empty), or 0 when there is no valid one.
using CharacterLength = int (*)(std::string_view text);

int Utf8CharacterLength(std::string_view text);

// Invalid bytes and control characters (but not tabs and ends of lines) become \xNN, characters that change how text
// around them is shown \u{N}. What is longer than limit is cut at a character, with "..." at its end.
std::string CleanText(std::string_view text, size_t limit = kOutsideTextLimit,
					  CharacterLength length = Utf8CharacterLength);

// Every character is valid and none is zero.
bool IsValidText(std::string_view text, CharacterLength length = Utf8CharacterLength);

} // namespace sluice
