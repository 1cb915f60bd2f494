#include "core/field_pack.hpp"

#include <gtest/gtest.h>

namespace sluice {

namespace {

TEST(FieldPack, RoundTrip)
{
	Fields const fields{"", std::nullopt, "12:x-", std::string("a\0b", 3), "-", std::nullopt, std::string(5000, 'y')};
	EXPECT_EQ(UnpackFields(PackFields(fields)), fields);
	EXPECT_TRUE(UnpackFields("").empty());
}

TEST(FieldPack, CutBytesGiveWhatIsLeft)
{
	std::string const packed = PackFields({"abc", "defgh"});
	Fields const cut = UnpackFields(std::string_view(packed).substr(0, packed.size() - 2));
	EXPECT_EQ(cut, (Fields{"abc", "def"}));
	EXPECT_TRUE(UnpackFields("99999999999999999999999:x").empty());
	EXPECT_TRUE(UnpackFields("x").empty());
	EXPECT_TRUE(UnpackFields("5").empty());
}

} // namespace

} // namespace sluice
