#include "core/text_bounds.hpp"

#include <array>

#include "core/characters.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/sqlstate.hpp"

namespace sluice {

namespace {

constexpr size_t kKilobyte = 1024;

struct Entry {
	Text text;
	size_t bytes;
};

constexpr std::array<Entry, 11> kBounds = {{
	{Text::Source, 1024 * kKilobyte},
	{Text::Expression, 1024 * kKilobyte},
	{Text::Options, 512 * kKilobyte},
	{Text::Description, 64 * kKilobyte},
	{Text::Tag, 255},
	{Text::Relation, kKilobyte},
	{Text::Schedule, kKilobyte},
	{Text::TimeZone, 255},
	{Text::SearchPath, 64 * kKilobyte},
	{Text::Reason, 4 * kKilobyte},
	{Text::Message, 8 * kKilobyte},
}};

bool
IsContinuation(char c)
{
	return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

} // namespace

size_t
Bound(Text text)
{
	for (const Entry &entry : kBounds) {
		if (entry.text == text) {
			return entry.bytes;
		}
	}
	return 0;
}

void
RequireWithin(Text text, std::string_view argument, std::string_view value)
{
	size_t const bound = Bound(text);
	if (value.size() > bound) {
		throw Error(sqlstate::kProgramLimitExceeded, Format("{} is too long: {} bytes", argument, value.size()),
					Format("It can have {} bytes.", bound));
	}
}

void
RequireCount(std::string_view argument, size_t count, size_t most)
{
	if (count > most) {
		throw Error(sqlstate::kProgramLimitExceeded, Format("{} has too many entries: {}", argument, count),
					Format("It can have {}.", most));
	}
}

void
CheckTags(const std::vector<std::string> &tags)
{
	RequireCount("tags", tags.size(), kMaxTags);
	for (const std::string &tag : tags) {
		RequireWithin(Text::Tag, "a tag", tag);
		if (std::optional<char32_t> const hidden = FirstHidden(tag)) {
			throw Error(sqlstate::kInvalidParameterValue,
						Format("a tag must not contain the character {}", CodePointText(*hidden)),
						"It cannot be seen, or changes how others are shown.");
		}
	}
}

void
CheckProse(Text text, std::string_view argument, std::string_view value)
{
	RequireWithin(text, argument, value);
	if (std::optional<char32_t> const control = FirstControl(value)) {
		throw Error(sqlstate::kInvalidParameterValue,
					Format("{} must not contain the control character {}", argument, CodePointText(*control)),
					"Of control characters it can have tabs and line breaks.");
	}
}

std::string
CutMessage(std::string text)
{
	constexpr std::string_view kCut = "...";
	size_t const bound = Bound(Text::Message);
	if (text.size() <= bound) {
		return text;
	}
	size_t end = bound - kCut.size();
	while (end > 0 && IsContinuation(text[end])) {
		--end;
	}
	text.resize(end);
	text += kCut;
	return text;
}

} // namespace sluice
