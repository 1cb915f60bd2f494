#include "core/text_bounds.hpp"

#include <gtest/gtest.h>

#include "core/characters.hpp"
#include "core/error.hpp"
#include "core/sqlstate.hpp"

namespace sluice::test {
namespace {

TEST(Characters, FindsWhatNobodySees)
{
	struct {
		std::string text;
		std::string hidden; // empty: none
	} const cases[] = {
		{"", ""},
		{"daily_sales", ""},
		{"Tägliche Umsätze", ""},
		{"日次売上", ""},
		{"مبيعات", ""},
		{"\U0001F4C8", ""},
		{"a\nb", "U+000A"},
		{"a\x1B[31m", "U+001B"},
		{"a\x7F", "U+007F"},
		{"a\u0085", "U+0085"},
		{"a\u00A0b", ""},
		{"a\u00ADb", "U+00AD"},
		{"a\u061C", "U+061C"},
		{"a\u200Bb", "U+200B"},
		{"a\u200Db", "U+200D"},
		{"a\u2028b", "U+2028"},
		{"a\u202Eb", "U+202E"},
		{"a\u2060b", "U+2060"},
		{"a\u2067b", "U+2067"},
		{"\uFEFFa", "U+FEFF"},
		{"a\u3164", "U+3164"},
		{"a\U000E0041", "U+E0041"},
		// Not UTF-8: of a server with another encoding.
		{"caf\xE9", ""},
		{"\xE2\x80", ""},
		{"\xE2\x80x", ""},
		{"\xE9\x1B", "U+001B"},
		{"\xFF\xFE", ""},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.text);
		std::optional<char32_t> const found = FirstHidden(c.text);
		EXPECT_EQ(found ? CodePointText(*found) : std::string(), c.hidden);
	}
}

TEST(Characters, ProseHasLines)
{
	EXPECT_FALSE(FirstControl("two\tcolumns\r\nand a family: \U0001F468\u200D\U0001F469"));
	EXPECT_EQ(FirstControl("\x1B[2J"), char32_t{0x1B});
	EXPECT_EQ(FirstControl("a\u009B"), char32_t{0x9B});
}

template <typename Action>
ErrorInfo
ErrorOf(Action action)
{
	try {
		action();
	} catch (const Error &error) {
		return error.Info();
	}
	ADD_FAILURE() << "accepted";
	return {};
}

TEST(TextBounds, RefusesWhatIsTooLong)
{
	for (Text const text : {Text::Source, Text::Expression, Text::Options, Text::Description, Text::Tag, Text::Relation,
							Text::Schedule, Text::TimeZone, Text::SearchPath, Text::Reason, Text::Message}) {
		ASSERT_GT(Bound(text), 0U);
		EXPECT_NO_THROW(RequireWithin(text, "x", std::string(Bound(text), 'a')));
		ErrorInfo const error = ErrorOf([text] { RequireWithin(text, "x", std::string(Bound(text) + 1, 'a')); });
		EXPECT_EQ(error.sqlstate, sqlstate::kProgramLimitExceeded);
		EXPECT_EQ(error.message, "x is too long: " + std::to_string(Bound(text) + 1) + " bytes");
		EXPECT_EQ(error.hint, "It can have " + std::to_string(Bound(text)) + " bytes.");
	}
}

TEST(TextBounds, Tags)
{
	EXPECT_NO_THROW(CheckTags({}));
	EXPECT_NO_THROW(CheckTags(std::vector<std::string>(kMaxTags, "daily")));
	EXPECT_EQ(ErrorOf([] { CheckTags(std::vector<std::string>(kMaxTags + 1, "daily")); }).message,
			  "tags has too many entries: 101");
	EXPECT_EQ(ErrorOf([] { CheckTags({"ok", std::string(256, 'a')}); }).message, "a tag is too long: 256 bytes");
	EXPECT_EQ(ErrorOf([] { CheckTags({"gpj\u202Eexe"}); }).message, "a tag must not contain the character U+202E");
}

TEST(TextBounds, CutsMessagesAtCharacters)
{
	size_t const bound = Bound(Text::Message);
	EXPECT_EQ(CutMessage("short"), "short");
	EXPECT_EQ(CutMessage(std::string(bound, 'a')), std::string(bound, 'a'));
	EXPECT_EQ(CutMessage(std::string(bound + 1, 'a')), std::string(bound - 3, 'a') + "...");
	for (size_t offset = 0; offset < 4; ++offset) {
		std::string text(offset, 'a');
		while (text.size() < 2 * bound) {
			text += "\U0001F4C8";
		}
		std::string const cut = CutMessage(text);
		EXPECT_LE(cut.size(), bound);
		EXPECT_GT(cut.size(), bound - 7);
		EXPECT_EQ((cut.size() - 3 - offset) % 4, 0U);
	}
}

} // namespace
} // namespace sluice::test
