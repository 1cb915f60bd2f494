#include "core/identifier.hpp"

#include "core/characters.hpp"
#include "core/format.hpp"
#include "core/sqlstate.hpp"
#include "core/uuid.hpp"

namespace sluice {

namespace {

constexpr std::string_view kNameHint =
	"A pipeline name has 1 to 255 characters that can be seen, no slash, and does not look like a uuid.";

constexpr std::string_view kPartHint =
	"Write table, schema.table or \"Schema\".\"Table\"; double a double quote within quotes.";

bool
IsBlank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

size_t
CountCharacters(std::string_view text)
{
	size_t count = 0;
	for (char const c : text) {
		count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
	}
	return count;
}

[[noreturn]] void
FailName(std::string message)
{
	throw Error(sqlstate::kInvalidName, std::move(message), std::string(kNameHint));
}

[[noreturn]] void
FailPart(std::string_view name, std::string_view why)
{
	throw Error(sqlstate::kInvalidName, Format("invalid name: \"{}\"", name), std::string(kPartHint), std::string(why));
}

void
SkipBlanks(std::string_view text, size_t *at)
{
	while (*at < text.size() && IsBlank(text[*at])) {
		++*at;
	}
}

// *at is the character after the opening quote; afterwards the one after the closing quote.
std::string
ReadQuoted(std::string_view name, size_t *at)
{
	std::string text;
	while (*at < name.size()) {
		char const c = name[(*at)++];
		if (c != '"') {
			text += c;
			continue;
		}
		if (*at == name.size() || name[*at] != '"') {
			return text;
		}
		text += '"';
		++*at;
	}
	FailPart(name, "A double quote is not closed.");
}

std::string
ReadUnquoted(std::string_view name, size_t *at)
{
	size_t const start = *at;
	while (*at < name.size() && name[*at] != '.') {
		if (name[*at] == '"') {
			FailPart(name, "A double quote stands in the middle of a part.");
		}
		++*at;
	}
	std::string_view text = name.substr(start, *at - start);
	while (!text.empty() && IsBlank(text.back())) {
		text.remove_suffix(1);
	}
	return std::string(text);
}

} // namespace

bool
LooksLikeUuid(std::string_view text)
{
	return ParseUuid(text).has_value();
}

void
CheckPipelineName(std::string_view name)
{
	if (name.find_first_not_of(" \t\n\r\f\v") == std::string_view::npos) {
		FailName("pipeline name must not be empty");
	}
	if (std::optional<char32_t> const hidden = FirstHidden(name)) {
		FailName(IsControl(*hidden)
					 ? "pipeline name must not contain control characters"
					 : Format("pipeline name must not contain the character {}", CodePointText(*hidden)));
	}
	if (size_t const length = CountCharacters(name); length > kMaxPipelineName) {
		FailName(Format("pipeline name is too long: {} characters", length));
	}
	if (name.find('/') != std::string_view::npos) {
		FailName(Format("pipeline name \"{}\" must not contain a slash", name));
	}
	if (LooksLikeUuid(name)) {
		FailName(Format("pipeline name \"{}\" must not look like a uuid", name));
	}
}

std::vector<NamePart>
SplitNameParts(std::string_view name)
{
	std::vector<NamePart> parts;
	size_t at = 0;
	for (;;) {
		SkipBlanks(name, &at);
		NamePart part;
		if (at < name.size() && name[at] == '"') {
			++at;
			part = {ReadQuoted(name, &at), true};
			SkipBlanks(name, &at);
			if (at < name.size() && name[at] != '.') {
				FailPart(name, "Text follows a closing double quote.");
			}
		} else {
			part.text = ReadUnquoted(name, &at);
		}
		if (part.text.empty()) {
			FailPart(name, "A part is empty.");
		}
		parts.push_back(std::move(part));
		if (at == name.size()) {
			return parts;
		}
		++at;
	}
}

std::vector<std::string>
SplitQualifiedName(std::string_view name)
{
	std::vector<std::string> texts;
	for (NamePart &part : SplitNameParts(name)) {
		texts.push_back(std::move(part.text));
	}
	return texts;
}

} // namespace sluice
