#include "core/outside_text.hpp"

#include <gtest/gtest.h>

#include "core/redact.hpp"

namespace sluice::test {
namespace {

TEST(OutsideText, KeepsWhatIsValid)
{
	for (const char *text : {"", "plain", "Größe 漢字 \xf0\x9f\x90\x98", "line\n\tline", "\xef\xbf\xbf"}) {
		EXPECT_EQ(CleanText(text), text);
		EXPECT_TRUE(IsValidText(text));
	}
}

TEST(OutsideText, EscapesWhatIsNot)
{
	EXPECT_EQ(CleanText("a\xff\xfe"), "a\\xff\\xfe");
	EXPECT_EQ(CleanText("\xc3"), "\\xc3");
	EXPECT_EQ(CleanText("\xc0\xaf"), "\\xc0\\xaf");
	EXPECT_EQ(CleanText("\xed\xa0\x80"), "\\xed\\xa0\\x80");
	EXPECT_EQ(CleanText("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
	EXPECT_EQ(CleanText("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
	EXPECT_EQ(CleanText("\xe2\x28\xa1"), "\\xe2(\\xa1");
	EXPECT_EQ(CleanText(std::string_view("a\0b", 3)), "a\\x00b");
	EXPECT_EQ(CleanText("\x1b[31mred\r\x7f"), "\\x1b[31mred\\x0d\\x7f");
	EXPECT_EQ(CleanText("\xc2\x85"), "\\u{85}");
	EXPECT_EQ(CleanText("evil\xe2\x80\xaetxt\xe2\x80\x8b"), "evil\\u{202e}txt\\u{200b}");
	EXPECT_FALSE(IsValidText("\xff"));
	EXPECT_FALSE(IsValidText(std::string_view("a\0b", 3)));
}

TEST(OutsideText, CutsAtACharacter)
{
	EXPECT_EQ(CleanText("0123456789", 10), "0123456789");
	EXPECT_EQ(CleanText("0123456789a", 10), "0123456...");
	EXPECT_EQ(CleanText("012345öö89a", 10), "012345...");
	EXPECT_EQ(CleanText("01234567\xff", 10), "0123456...");
	EXPECT_EQ(CleanText("abc", 2), "");
	EXPECT_EQ(CleanText(std::string(1000000, 'x')).size(), kOutsideTextLimit);
}

TEST(OutsideText, EncodingsOfAnotherKind)
{
	CharacterLength const one_byte = [](std::string_view) { return 1; };
	EXPECT_EQ(CleanText("\xe4\x01", kOutsideTextLimit, one_byte), "\xe4\\x01");
	EXPECT_TRUE(IsValidText("\xff", one_byte));
}

// Secrets are of the whole process: one test.
TEST(Redact, RememberedSecrets)
{
	EXPECT_EQ(Redact("no Geh'eim/ni$ here"), "no Geh'eim/ni$ here");
	RememberSecret("Geh'eim/ni$");
	RememberSecret("Geh'eim/ni$");
	RememberSecret("");
	EXPECT_EQ(Redact("no Geh'eim/ni$ here"), "no *** here");
	EXPECT_EQ(Redact("no Geh''eim/ni$ here"), "no *** here");
	EXPECT_EQ(Redact("at Geh%27eim%2Fni%24 here"), "at *** here");
	EXPECT_EQ(Redact("at Geh%27eim%2fni%24 here"), "at *** here");
	EXPECT_EQ(Redact("hex 476568276569 6d2f6e6924 476568276569 6d, 4765682765696d2f6e6924."),
			  "hex 476568276569 6d2f6e6924 476568276569 6d, ***.");
	EXPECT_EQ(Redact("base64 R2VoJ2VpbS9uaSQ="), "base64 ***Q=");
	EXPECT_EQ(RedactSecrets("Geh'eim/ni$Geh'eim/ni$"), "******");
	RememberSecret("abc");
	EXPECT_EQ(Redact("abc abcd xabc 'abc'"), "*** abcd xabc '***'");
}

} // namespace
} // namespace sluice::test
