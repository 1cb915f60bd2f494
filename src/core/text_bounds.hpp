// How long may be what users and sources make us store: one table of bounds. What a user gives is refused beyond
// its bound, what a source or an error says is cut. Pure C++.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

enum class Text : int {
	Source, // a source query, a command
	Expression,
	Options,
	Description,
	Tag,
	Relation, // the name of a table, here or at a source
	Schedule,
	TimeZone,
	SearchPath,
	Reason, // that a user gives for a pause
	Message // of an error, a log line, a reason that we give: cut, never refused
};

// In bytes.
size_t Bound(Text text);

inline constexpr size_t kMaxTags = 100;
inline constexpr size_t kMaxDependencies = 1000;

// Throw Error 54000 unless it is within its bound; the argument is named as the user knows it.
void RequireWithin(Text text, std::string_view argument, std::string_view value);
void RequireCount(std::string_view argument, size_t count, size_t most);

// Also throws Error 22023 for a character that has no place in a tag.
void CheckTags(const std::vector<std::string> &tags);
// Description and reasons: lines of text, but nothing that moves a terminal's cursor.
void CheckProse(Text text, std::string_view argument, std::string_view value);

// At most the bound of a message, ending at a whole character (UTF-8); says with "..." that something is missing.
std::string CutMessage(std::string text);

} // namespace sluice
