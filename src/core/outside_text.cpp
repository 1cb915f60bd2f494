#include "core/outside_text.hpp"

#include <algorithm>

#include "core/format.hpp"

namespace sluice {

namespace {

constexpr std::string_view kCut = "...";

unsigned
Byte(std::string_view text, size_t at)
{
	return static_cast<unsigned char>(text[at]);
}

// Of a valid character.
unsigned
CodePoint(std::string_view character)
{
	unsigned const first = Byte(character, 0);
	unsigned code = character.size() == 1 ? first : first & (0x7FU >> character.size());
	for (size_t i = 1; i < character.size(); ++i) {
		code = (code << 6) | (Byte(character, i) & 0x3FU);
	}
	return code;
}

// The controls of C1; marks, embeddings, overrides and isolates of direction; what has no width.
bool
ChangesDisplay(unsigned code)
{
	return (code >= 0x80 && code <= 0x9F) || code == 0x061C || (code >= 0x200B && code <= 0x200F) ||
		   (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

bool
IsControl(unsigned byte)
{
	return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F;
}

// The character at the start of text as it may be shown.
std::string
Shown(std::string_view text, CharacterLength length, size_t *taken)
{
	int const valid = length(text);
	*taken = std::max(valid, 1);
	unsigned const first = Byte(text, 0);
	if (valid <= 0 || IsControl(first)) {
		return Format("\\x{:02x}", first);
	}
	std::string_view const character = text.substr(0, *taken);
	if (valid > 1 && length == &Utf8CharacterLength) {
		unsigned const code = CodePoint(character);
		if (ChangesDisplay(code)) {
			return Format("\\u{{{:x}}}", code);
		}
	}
	return std::string(character);
}

} // namespace

int
Utf8CharacterLength(std::string_view text)
{
	unsigned const first = Byte(text, 0);
	if (first < 0x80) {
		return 1;
	}
	int const length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
	if (first < 0xC2 || first > 0xF4 || text.size() < static_cast<size_t>(length)) {
		return 0;
	}
	// The first continuation byte also excludes forms that are too long, surrogates and what is above U+10FFFF.
	unsigned const second = Byte(text, 1);
	unsigned const least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
	unsigned const most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
	if (second < least || second > most) {
		return 0;
	}
	for (int i = 2; i < length; ++i) {
		if (Byte(text, i) < 0x80 || Byte(text, i) > 0xBF) {
			return 0;
		}
	}
	return length;
}

std::string
CleanText(std::string_view text, size_t limit, CharacterLength length)
{
	std::string clean;
	size_t fits = 0; // how much of it may stay when something has to go
	while (!text.empty()) {
		size_t taken = 0;
		clean += Shown(text, length, &taken);
		if (clean.size() > limit) {
			clean.resize(fits);
			return limit < kCut.size() ? clean : clean.append(kCut);
		}
		if (clean.size() + kCut.size() <= limit) {
			fits = clean.size();
		}
		text.remove_prefix(taken);
	}
	return clean;
}

bool
IsValidText(std::string_view text, CharacterLength length)
{
	while (!text.empty()) {
		int const taken = text.front() == '\0' ? 0 : length(text);
		if (taken <= 0) {
			return false;
		}
		text.remove_prefix(taken);
	}
	return true;
}

} // namespace sluice
