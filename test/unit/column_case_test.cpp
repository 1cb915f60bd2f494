#include "core/column_case.hpp"

#include <gtest/gtest.h>

namespace sluice {

TEST(ColumnCase, Snake)
{
	const std::pair<const char *, const char *> names[] = {
		{"id", "id"},
		{"OrderId", "order_id"},
		{"orderID", "order_id"},
		{"HTTPServer", "http_server"},
		{"parseHTML5Page", "parse_html5_page"},
		{"Order-ID", "order_id"},
		{"Order  Id", "order_id"},
		{"Order_Id", "order_id"},
		{" total (EUR) ", "total_eur"},
		{"_private", "_private"},
		{"a__b", "a__b"},
		{"A", "a"},
		{"AB", "ab"},
		{"2ndName", "2nd_name"},
		{"Gr\xc3\xb6\xc3\x9f"
		 "eInCm",
		 "gr\xc3\xb6\xc3\x9f"
		 "e_in_cm"},
		{"()", "()"},
		{"", ""},
	};
	for (const auto &[name, expected] : names) {
		EXPECT_EQ(CasedName(name, ColumnCase::Snake), expected) << name;
		EXPECT_EQ(CasedName(expected, ColumnCase::Snake), expected) << "again " << name;
	}
}

TEST(ColumnCase, LowerAndKeep)
{
	EXPECT_EQ(CasedName("Order Id", ColumnCase::Lower), "order id");
	EXPECT_EQ(CasedName("\xc3\x84pfel", ColumnCase::Lower), "\xc3\x84pfel");
	EXPECT_EQ(CasedName("Order Id", ColumnCase::Keep), "Order Id");
	EXPECT_EQ(ParseColumnCase("snake"), ColumnCase::Snake);
	EXPECT_EQ(ParseColumnCase("lower"), ColumnCase::Lower);
	EXPECT_EQ(ParseColumnCase("keep"), ColumnCase::Keep);
}

} // namespace sluice
