#include "core/characters.hpp"

#include <algorithm>
#include <array>

#include "core/format.hpp"

namespace sluice {

namespace {

struct Range {
	char32_t first;
	char32_t last;
};

// What cannot be seen of the general categories Cf, Zl, Zp, and letters that are blank.
constexpr std::array<Range, 16> kHidden = {{
	{0x00AD, 0x00AD}, // soft hyphen
	{0x034F, 0x034F}, // grapheme joiner
	{0x061C, 0x061C}, // Arabic letter mark
	{0x115F, 0x1160}, // fillers
	{0x17B4, 0x17B5},
	{0x180B, 0x180F},
	{0x200B, 0x200F}, // no width, direction marks
	{0x2028, 0x202E}, // separators, embedding and override of direction
	{0x2060, 0x206F}, // word joiner, isolates
	{0x3164, 0x3164}, // filler
	{0xFEFF, 0xFEFF}, // byte order mark
	{0xFFA0, 0xFFA0}, // filler
	{0xFFF9, 0xFFFB}, // annotations
	{0x1BCA0, 0x1BCA3},
	{0x1D173, 0x1D17A},
	{0xE0000, 0xE0FFF}, // tags, variation selectors
}};

// What a lead byte begins; nothing for a byte that begins none.
struct Lead {
	size_t length;
	unsigned char bits;
};

constexpr Lead
ReadLead(unsigned char byte)
{
	if (byte < 0x80) {
		return {1, byte};
	}
	if (byte >= 0xC2 && byte < 0xE0) {
		return {2, static_cast<unsigned char>(byte & 0x1F)};
	}
	if (byte >= 0xE0 && byte < 0xF0) {
		return {3, static_cast<unsigned char>(byte & 0x0F)};
	}
	if (byte >= 0xF0 && byte < 0xF5) {
		return {4, static_cast<unsigned char>(byte & 0x07)};
	}
	return {0, 0};
}

template <typename Predicate>
std::optional<char32_t>
FirstWhere(std::string_view text, Predicate wanted)
{
	for (size_t at = 0; at < text.size();) {
		Lead const lead = ReadLead(static_cast<unsigned char>(text[at]));
		char32_t character = lead.bits;
		size_t length = lead.length;
		for (size_t i = 1; i < lead.length && length != 0; ++i) {
			unsigned char const byte = at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
			length = (byte & 0xC0) == 0x80 ? length : 0;
			character = (character << 6) | (byte & 0x3F);
		}
		if (length == 0) {
			++at;
			continue;
		}
		if (wanted(character)) {
			return character;
		}
		at += length;
	}
	return std::nullopt;
}

bool
IsHidden(char32_t character)
{
	return IsControl(character) || std::any_of(kHidden.begin(), kHidden.end(), [character](const Range &range) {
			   return range.first <= character && character <= range.last;
		   });
}

} // namespace

bool
IsControl(char32_t character)
{
	return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

std::optional<char32_t>
FirstHidden(std::string_view text)
{
	return FirstWhere(text, IsHidden);
}

std::optional<char32_t>
FirstControl(std::string_view text)
{
	return FirstWhere(text, [](char32_t character) {
		return IsControl(character) && character != '\t' && character != '\n' && character != '\r';
	});
}

std::string
CodePointText(char32_t character)
{
	return Format("U+{:04X}", static_cast<uint32_t>(character));
}

} // namespace sluice
