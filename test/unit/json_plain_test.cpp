#include "core/json_plain.hpp"

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

// The stored form behind its length word, in hexadecimal; "server" when that has to build it.
std::string
Stored(std::string_view text)
{
	static auto const json = std::make_unique<PlainJson>();
	if (!ReadPlainJson(text.data(), static_cast<int64_t>(text.size()), json.get())) {
		return "server";
	}
	uint32_t const size = WriteJsonb(json.get());
	if (size == 0) {
		return "server, after all";
	}
	std::string shown;
	for (uint32_t i = 4; i < size; ++i) {
		constexpr std::string_view kDigits = "0123456789abcdef";
		auto const byte = static_cast<unsigned char>(json->stored[i]);
		shown += kDigits[byte >> 4];
		shown += kDigits[byte & 0xF];
	}
	return shown;
}

// What PostgreSQL 15 had on its pages (little-endian), through pageinspect.
TEST(PlainJson, AsTheServerStoresIt)
{
	EXPECT_EQ(Stored("1"), "01000050080000902000000000800100");
	EXPECT_EQ(Stored(" -12345.6780\n"), "010000500c0000903000000001a2010029097c1a");
	EXPECT_EQ(Stored("0.00"), "0100005006000090180000000081");
	EXPECT_EQ(Stored("-0"), "0100005006000090180000000080");
	EXPECT_EQ(Stored("\"x\""), "010000500100008078");
	EXPECT_EQ(Stored("null"), "01000050000000c0");
	EXPECT_EQ(Stored("true"), "01000050000000b0");
	EXPECT_EQ(Stored("[]"), "00000040");
	EXPECT_EQ(Stored(" { } "), "00000020");
	EXPECT_EQ(Stored("[true, false, null, \"ab\", 7]"),
			  "05000040000000b00000002000000040020000000a000010616200002000000000800700");
	EXPECT_EQ(Stored("{\"bb\": 1, \"a\": [{}, \"q\"], \"b\": {\"z\": 0.001}, \"a\": 2}"),
			  "03000020010000800100000002000000080000101800005008000010616262622000000000800200010000200100"
			  "00800b0000107a00000020000000ff810a002000000000800100");
	EXPECT_EQ(Stored("[\"a\",10000,[],\"b\"]"),
			  "04000040010000800b00001004000050010000006100000020000000018001000000004062");
	EXPECT_EQ(Stored("{\"c\":1,\"b\":2,\"a\":3,\"b\":4,\"a\":5,\"b\":6}"),
			  "03000020010000800100000001000000090000100800001008000010616263002000000000800500200000000080"
			  "06002000000000800100");
	EXPECT_EQ(Stored("{\"k\": \"Z\xC3\xBCrich\"}"), "0100002001000080070000006b5ac3bc72696368");
	EXPECT_EQ(Stored("12345678901234567890.5"), "0100005012000090480000008480d2042e163423800dd21e8813");
}

// Every 32nd entry tells where its child ends.
TEST(PlainJson, LongArrays)
{
	std::string text;
	for (int i = 1; i <= 34; ++i) {
		text += (i == 1 ? "[\"" : ",\"") + std::to_string(i) + '"';
	}
	std::string const stored = Stored(text + "]");
	std::string const entries = stored.substr(8, 34 * 8);
	EXPECT_EQ(stored.substr(0, 8), "22000040");
	EXPECT_EQ(entries.substr(0, 16), "0100008001000000");
	EXPECT_EQ(entries.substr(31 * 8, 16), "0200000039000080");
	EXPECT_EQ(stored.substr(8 + 34 * 8, 22), "3132333435363738393130");
}

TEST(PlainJson, LeftToTheServer)
{
	for (const char *const text : {"",
								   " ",
								   "x",
								   "tru",
								   "truely",
								   "nul",
								   "'a'",
								   "1 2",
								   "01",
								   "-",
								   "1.",
								   ".5",
								   "1e5",
								   "1E-2",
								   "+1",
								   "NaN",
								   "\"a",
								   "\"a\\n\"",
								   "\"\\u00e9\"",
								   "\"a\tb\"",
								   "[1,]",
								   "[,1]",
								   "[1",
								   "]",
								   "[1 2]",
								   "{\"a\"}",
								   "{\"a\":}",
								   "{\"a\":1,}",
								   "{a:1}",
								   "{1:1}",
								   "{\"a\":1",
								   "{\"a\" 1}",
								   "[1}",
								   "\"a\"b",
								   "\xEF\xBB\xBF"
								   "1"}) {
		EXPECT_EQ(Stored(text), "server") << text;
	}
	EXPECT_EQ(Stored(std::string("\"a\0b\"", 5)), "server");
	EXPECT_EQ(Stored(std::string("1\0", 2)), "server");
	EXPECT_EQ(Stored("[" + std::string(121, '9') + "]"), "server, after all");
	EXPECT_EQ(Stored("{\"a\": 0." + std::string(64, '1') + "}"), "server, after all");
}

TEST(PlainJson, Bounds)
{
	auto const nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
	EXPECT_NE(Stored(nested(kPlainJsonDepth)), "server");
	EXPECT_EQ(Stored(nested(kPlainJsonDepth + 1)), "server");
	auto const repeated = [](int count) {
		std::string text = "[1";
		for (int i = 1; i < count; ++i) {
			text += ",1";
		}
		return text + "]";
	};
	EXPECT_NE(Stored(repeated(kPlainJsonNodes - 1)), "server");
	EXPECT_EQ(Stored(repeated(kPlainJsonNodes)), "server");
	EXPECT_NE(Stored('"' + std::string(kPlainJsonText - 2, 'x') + '"'), "server");
	EXPECT_EQ(Stored('"' + std::string(kPlainJsonText - 1, 'x') + '"'), "server");
	// Every byte at every place of strings with and without a rest of fewer than eight bytes.
	for (int length = 1; length <= 18; ++length) {
		for (int place = 0; place < length; ++place) {
			for (int byte = 0; byte <= 0xFF; ++byte) {
				std::string text(static_cast<size_t>(length) + 2, '!');
				text.front() = text.back() = '"';
				text[static_cast<size_t>(place) + 1] = static_cast<char>(byte);
				bool const plain = byte >= ' ' && byte != '\\' && byte != '"';
				ASSERT_EQ(Stored(text) != "server", plain) << byte << " at " << place << " of " << length;
			}
		}
	}
}

} // namespace
} // namespace sluice::test
