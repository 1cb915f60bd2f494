#include "core/column_case.hpp"

#include "core/ascii.hpp"

namespace sluice {

namespace {

bool
IsUpper(char c)
{
	return c >= 'A' && c <= 'Z';
}

bool
IsLowerOrDigit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Bytes of other characters are parts of words.
bool
IsInWord(char c)
{
	return IsUpper(c) || IsLowerOrDigit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

std::string
Snake(std::string_view name)
{
	std::string snake;
	bool gap = false;
	for (size_t i = 0; i < name.size(); ++i) {
		char const c = name[i];
		if (!IsInWord(c)) {
			gap = !snake.empty();
			continue;
		}
		bool const begins = IsUpper(c) && i > 0 &&
							(IsLowerOrDigit(name[i - 1]) ||
							 (IsUpper(name[i - 1]) && i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z'));
		if ((gap || begins) && !snake.empty() && snake.back() != '_' && c != '_') {
			snake += '_';
		}
		gap = false;
		snake += IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c;
	}
	return snake.empty() ? std::string(name) : snake;
}

} // namespace

ColumnCase
ParseColumnCase(std::string_view text)
{
	return text == "lower" ? ColumnCase::Lower : text == "snake" ? ColumnCase::Snake : ColumnCase::Keep;
}

std::string
CasedName(std::string_view name, ColumnCase naming)
{
	switch (naming) {
	case ColumnCase::Lower:
		return Lowered(name);
	case ColumnCase::Snake:
		return Snake(name);
	case ColumnCase::Keep:
		break;
	}
	return std::string(name);
}

} // namespace sluice
