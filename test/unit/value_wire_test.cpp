#include "core/value_wire.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

// The stored bytes; '' when the receive function has to decide.
std::string
Inet(std::initializer_list<int> wire, bool is_cidr = false)
{
	std::string text;
	for (int const byte : wire) {
		text += static_cast<char>(byte);
	}
	char stored[kMaxStoredInet];
	int const size = InetFromWire(text.data(), static_cast<int>(text.size()), is_cidr, stored);
	return std::string(stored, static_cast<size_t>(size));
}

TEST(ValueWire, Inet)
{
	EXPECT_EQ(Inet({2, 32, 0, 4, 10, 1, 2, 3}), std::string("\2\40\12\1\2\3", 6));
	EXPECT_EQ(Inet({2, 24, 1, 4, 10, 1, 2, 3}), std::string("\2\30\12\1\2\3", 6)) << "an inet may have host bits";
	EXPECT_EQ(Inet({3, 128, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}).size(), 18U);
	EXPECT_EQ(Inet({2, 24, 1, 4, 10, 1, 2, 0}, true), std::string("\2\30\12\1\2\0", 6));
	EXPECT_EQ(Inet({2, 25, 1, 4, 10, 1, 2, 128}, true).size(), 6U);
	EXPECT_EQ(Inet({2, 0, 1, 4, 0, 0, 0, 0}, true).size(), 6U);
	EXPECT_EQ(Inet({2, 32, 1, 4, 1, 2, 3, 4}, true).size(), 6U);

	EXPECT_EQ(Inet({2, 25, 1, 4, 10, 1, 2, 127}, true), "") << "host bits";
	EXPECT_EQ(Inet({2, 0, 1, 4, 0, 0, 0, 1}, true), "") << "host bits";
	EXPECT_EQ(Inet({2, 33, 0, 4, 10, 1, 2, 3}), "") << "bits";
	EXPECT_EQ(Inet({2, 32, 0, 16, 10, 1, 2, 3}), "") << "bytes";
	EXPECT_EQ(Inet({2, 32, 0, 4, 10, 1, 2}), "") << "too short";
	EXPECT_EQ(Inet({2, 32, 0, 4, 10, 1, 2, 3, 4}), "") << "too long";
	EXPECT_EQ(Inet({4, 32, 0, 4, 10, 1, 2, 3}), "") << "family";
	EXPECT_EQ(Inet({2, 32, 0}), "") << "no head";
}

std::string
Words(std::initializer_list<uint32_t> words)
{
	std::string text;
	for (uint32_t const word : words) {
		for (int shift = 24; shift >= 0; shift -= 8) {
			text += static_cast<char>(word >> shift);
		}
	}
	return text;
}

// How many elements, -1: left to the receive function.
int
Elements(std::string text, int64_t *bytes = nullptr)
{
	WireCursor elements{};
	int count = 0;
	bool const good = TakeWireArray(text.data(), static_cast<int>(text.size()), 23, &elements, &count);
	if (good && bytes != nullptr) {
		*bytes = elements.Left();
	}
	return good ? count : -1;
}

TEST(ValueWire, Array)
{
	int64_t bytes = 0;
	EXPECT_EQ(Elements(Words({0, 0, 23})), 0);
	EXPECT_EQ(Elements(Words({1, 0, 23, 2, 1, 4, 7, 4, 8}), &bytes), 2);
	EXPECT_EQ(bytes, 16);
	EXPECT_EQ(Elements(Words({1, 1, 23, 1, 1, 0xFFFFFFFF})), 1);

	EXPECT_EQ(Elements(Words({1, 0, 25, 1, 1, 0})), -1) << "another type";
	EXPECT_EQ(Elements(Words({1, 2, 23, 1, 1, 0})), -1) << "flags";
	EXPECT_EQ(Elements(Words({2, 0, 23, 1, 1, 1, 1, 0})), -1) << "two dimensions";
	EXPECT_EQ(Elements(Words({0xFFFFFFFF, 0, 23, 1, 1, 0})), -1) << "dimensions";
	EXPECT_EQ(Elements(Words({0, 0, 23, 1})), -1) << "more than nothing";
	EXPECT_EQ(Elements(Words({1, 0, 23, 1, 0, 0})), -1) << "begins at 0";
	EXPECT_EQ(Elements(Words({1, 0, 23, 2, 1, 0})), -1) << "more than may be there";
	EXPECT_EQ(Elements(Words({1, 0, 23, 0x7FFFFFFF, 1, 0})), -1) << "many more";
	EXPECT_EQ(Elements(Words({1, 0, 23, 0xFFFFFFFF, 1, 0})), -1) << "fewer than none";
	EXPECT_EQ(Elements(Words({1, 0, 23, 0, 1})), -1) << "a dimension without elements";
	EXPECT_EQ(Elements(Words({1, 0, 23, 1})), -1) << "half a dimension";
	EXPECT_EQ(Elements(Words({1, 0})), -1) << "no head";
}

} // namespace
} // namespace sluice::test
