#include "core/copy_wire.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/numeric_wire.hpp"

namespace sluice::test {
namespace {

std::string
Header(uint32_t flags = 0, uint32_t extension = 0)
{
	std::string text("PGCOPY\n\377\r\n\0", 11);
	for (uint32_t const word : {flags, extension}) {
		for (int shift = 24; shift >= 0; shift -= 8) {
			text += static_cast<char>(word >> shift);
		}
	}
	return text;
}

template <typename Take>
std::string
FaultOf(std::string text, Take take)
{
	WireCursor cursor{text.data(), text.data() + text.size()};
	WireFault const fault = take(&cursor);
	EXPECT_LE(cursor.at, cursor.end);
	return fault == nullptr ? "" : fault;
}

TEST(CopyWire, Header)
{
	EXPECT_EQ(FaultOf(Header(), TakeCopyHeader), "");
	EXPECT_EQ(FaultOf(Header(0, 3) + "abc", TakeCopyHeader), "");
	EXPECT_EQ(FaultOf(Header(0, 4) + "abc", TakeCopyHeader), "The COPY header is not understood.");
	EXPECT_EQ(FaultOf(Header(0, 0xFFFFFFFF), TakeCopyHeader), "The COPY header is not understood.");
	EXPECT_EQ(FaultOf(Header(1), TakeCopyHeader), "The COPY header is not understood.");
	EXPECT_EQ(FaultOf(Header().substr(0, 18), TakeCopyHeader), "The COPY signature is missing.");
	EXPECT_EQ(FaultOf(std::string(19, 'P'), TakeCopyHeader), "The COPY signature is missing.");
	EXPECT_EQ(FaultOf("", TakeCopyHeader), "The COPY signature is missing.");
}

TEST(CopyWire, Rows)
{
	bool trailer = false;
	auto const take = [&trailer](WireCursor *cursor) { return TakeCopyRow(cursor, 2, &trailer); };
	EXPECT_EQ(FaultOf(std::string("\0\2", 2), take), "");
	EXPECT_FALSE(trailer);
	EXPECT_EQ(FaultOf("\xFF\xFF", take), "");
	EXPECT_TRUE(trailer);
	EXPECT_EQ(FaultOf("\xFF\xFFx", take), "There is data after the end of the rows.");
	EXPECT_EQ(FaultOf(std::string("\0\3", 2), take), "The row has another number of fields than was asked for.");
	EXPECT_EQ(FaultOf("\xFF\xFE", take), "The row has another number of fields than was asked for.");
	EXPECT_EQ(FaultOf("x", take), "The row has no field count.");
}

TEST(CopyWire, Fields)
{
	char *data = nullptr;
	int length = 0;
	auto const take = [&](WireCursor *cursor) { return TakeCopyField(cursor, &data, &length); };
	EXPECT_EQ(FaultOf(std::string("\0\0\0\3abc", 7), take), "");
	EXPECT_EQ(length, 3);
	EXPECT_EQ(FaultOf("\xFF\xFF\xFF\xFF", take), "");
	EXPECT_EQ(length, -1);
	EXPECT_EQ(FaultOf(std::string("\0\0\0\4abc", 7), take), "A field is longer than its row.");
	EXPECT_EQ(FaultOf("\xFF\xFF\xFF\xFE", take), "A field is longer than its row.");
	EXPECT_EQ(FaultOf("\x7F\xFF\xFF\xFF....", take), "A field is longer than its row.");
	EXPECT_EQ(FaultOf("abc", take), "The row ends before its last field.");
	EXPECT_EQ(FaultOf("x", EndCopyRow), "The row goes on after its last field.");
	EXPECT_EQ(FaultOf("", EndCopyRow), "");
}

std::string
Wire(std::initializer_list<int> words)
{
	std::string text;
	for (int const word : words) {
		text += static_cast<char>(word >> 8);
		text += static_cast<char>(word);
	}
	return text;
}

// The stored words as text, or why there are none.
std::string
Stored(std::initializer_list<int> wire, int32_t modifier = -1)
{
	std::string const text = Wire(wire);
	int const words = NumericWords(text.data(), static_cast<int>(text.size()), modifier);
	if (words == 0) {
		return "left to the receive function";
	}
	std::vector<uint16_t> stored(words);
	if (!NumericFromWire(text.data(), words, reinterpret_cast<char *>(stored.data()))) {
		return "left to the receive function, after all";
	}
	std::string shown;
	for (uint16_t const word : stored) {
		shown += std::to_string(word) + " ";
	}
	return shown;
}

constexpr int32_t
Modifier(int precision, int scale)
{
	return ((precision << 16) | (scale & 0x7FF)) + 4;
}

TEST(NumericWire, Usual)
{
	EXPECT_EQ(Stored({0, 0, 0, 0}), "32768 ");
	EXPECT_EQ(Stored({1, 0, 0, 0, 42}), "32768 42 ");
	EXPECT_EQ(Stored({2, 0, 0x4000, 2, 12, 3400}), "41216 12 3400 ");
	EXPECT_EQ(Stored({1, -1, 0, 4, 5}), "33407 5 ");
	EXPECT_EQ(Stored({2, 0, 0, 2, 12, 3400}, Modifier(10, 2)), "33024 12 3400 ");
}

TEST(NumericWire, LeftToTheReceiveFunction)
{
	char const *const left = "left to the receive function";
	char const *const late = "left to the receive function, after all";
	EXPECT_EQ(Stored({0, 0, 0xC000, 0}), left) << "NaN";
	EXPECT_EQ(Stored({0, 0, 0xD000, 0}), left) << "infinity";
	EXPECT_EQ(Stored({0, 0, 0x4000, 0}), left) << "minus zero";
	EXPECT_EQ(Stored({1, 64, 0, 0, 1}), left) << "large";
	EXPECT_EQ(Stored({1, -64, 0, 63, 1}), left) << "small";
	EXPECT_EQ(Stored({1, 0, 0, 64, 1}), left) << "scale";
	EXPECT_EQ(Stored({2, 0, 0, 0, 1}), left) << "fewer groups than promised";
	EXPECT_EQ(Stored({0, 0, 0, 0, 1}), left) << "more groups than promised";
	EXPECT_EQ(Stored({0, 0, 0}), left) << "no header";
	EXPECT_EQ(Stored({2, 0, 0, 2, 12, 3400}, Modifier(10, 3)), left) << "another scale";
	EXPECT_EQ(Stored({2, 1, 0, 2, 12, 3400}, Modifier(7, 2)), left) << "too many digits";
	EXPECT_EQ(Stored({1, 0, 0, 0, 10000}), late) << "no digit";
	EXPECT_EQ(Stored({2, 1, 0, 0, 0, 1}), late) << "leading zeroes";
	EXPECT_EQ(Stored({2, 1, 0, 0, 1, 0}), late) << "trailing zeroes";
	EXPECT_EQ(Stored({2, 0, 0, 2, 12, 3456}), late) << "digits behind the scale";
}

// The stored words as text; '' when there are none.
std::string
FromText(std::string_view text)
{
	std::vector<uint16_t> stored(text.size() / 4 + 3);
	int const words = NumericFromText(text.data(), text.size(), reinterpret_cast<char *>(stored.data()));
	std::string shown;
	for (int i = 0; i < words; ++i) {
		shown += (i == 0 ? "" : " ") + std::to_string(stored[i]);
	}
	return shown;
}

TEST(NumericText, AsTheServerStoresIt)
{
	// 32768 (short form) + 8192 (negative) + 128 * scale + weight (7 bits, two's complement), then groups
	EXPECT_EQ(FromText("0"), "32768");
	EXPECT_EQ(FromText("-0.00"), "33024");
	EXPECT_EQ(FromText("1"), "32768 1");
	EXPECT_EQ(FromText("-12345.678"), "41345 1 2345 6780");
	EXPECT_EQ(FromText("0.00001"), "33534 1000");
	EXPECT_EQ(FromText("00100000000"), "32770 1");
	EXPECT_EQ(FromText("9999.9999"), "33280 9999 9999");
	EXPECT_EQ(FromText("1."), "32768 1");
	EXPECT_EQ(FromText(".5"), "33023 5000");
	EXPECT_EQ(FromText("10000.00010"), "33409 1 0 1");
	for (const char *const text : {"", "-", ".", "-.", "1.2.3", "1e5", "+1", "--1", " 1", "x", "1 ", "NaN"}) {
		EXPECT_EQ(FromText(text), "") << text;
	}
	EXPECT_EQ(FromText(std::string(kMaxTextDigits + 1, '9')), "");
	EXPECT_NE(FromText(std::string(kMaxTextDigits, '9')), "");
	EXPECT_NE(FromText("-1." + std::string(63, '3')), "");
	EXPECT_EQ(FromText("1." + std::string(64, '3')), "");
}

TEST(CopyWire, PlainAscii)
{
	EXPECT_TRUE(IsPlainAscii("", 0));
	// Each byte at each place of texts with and without a rest of fewer than eight bytes, beside the extremes.
	for (int length = 1; length <= 20; ++length) {
		for (char const filler : {'\x01', '\x7f'}) {
			for (int place = 0; place < length; ++place) {
				for (int byte = 0; byte <= 0xFF; ++byte) {
					std::string text(static_cast<size_t>(length), filler);
					text[static_cast<size_t>(place)] = static_cast<char>(byte);
					ASSERT_EQ(IsPlainAscii(text.data(), length), byte > 0 && byte < 0x80) << byte << " at " << place;
				}
			}
		}
	}
}

} // namespace
} // namespace sluice::test
