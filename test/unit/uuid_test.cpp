#include "core/uuid.hpp"

#include <set>

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

constexpr UuidRandom kOnes = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
constexpr UuidRandom kZeros = {};

TEST(Uuid, VersionSevenLayout)
{
	EXPECT_EQ(UuidV7(0x017F22E279B0, 0xCC3, {0, 0, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F}),
			  "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"); // the example of RFC 9562
	EXPECT_EQ(UuidV7(0, 0, kZeros), "00000000-0000-7000-8000-000000000000");
	EXPECT_EQ(UuidV7(0xFFFFFFFFFFFF, kMaxUuidCounter, kOnes), "ffffffff-ffff-7fff-bfff-ffffffffffff");
}

TEST(Uuid, TextRoundTrip)
{
	std::optional<UuidBytes> const bytes = ParseUuid("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}");
	ASSERT_TRUE(bytes.has_value());
	EXPECT_EQ((*bytes)[0], 0xA0);
	EXPECT_EQ((*bytes)[15], 0x11);
	EXPECT_EQ(FormatUuid(*bytes), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
	EXPECT_FALSE(ParseUuid("not a uuid").has_value());
}

TEST(UuidGenerator, SortsInTheOrderOfMaking)
{
	UuidGenerator generator;
	std::string last;
	std::set<std::string> all;
	int64_t now = 1'800'000'000'000;
	for (int i = 0; i < 20'000; ++i) {
		// Thousands in one millisecond, a clock that steps back, changing randomness.
		if (i % 9'000 == 8'999) {
			now += i % 2 == 0 ? 1 : -50;
		}
		UuidRandom random = kZeros;
		random[0] = static_cast<uint8_t>(255 - i % 256);
		random[5] = static_cast<uint8_t>(i * 7);
		std::string const id = generator.Next(now, random);
		ASSERT_LT(last, id);
		ASSERT_EQ(id.size(), 36U);
		ASSERT_EQ(id[14], '7');
		all.insert(id);
		last = id;
	}
	EXPECT_EQ(all.size(), 20'000U);
}

TEST(UuidGenerator, StartsTheCounterAnywhereInItsLowerHalf)
{
	UuidGenerator generator;
	EXPECT_EQ(generator.Next(1, kOnes).substr(14, 4), "77ff");
	EXPECT_EQ(generator.Next(2, kZeros).substr(14, 4), "7000");
	EXPECT_EQ(generator.Next(2, kOnes).substr(14, 4), "7001");
}

} // namespace
} // namespace sluice::test
