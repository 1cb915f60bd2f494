#include "core/table_pattern.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/sqlstate.hpp"

namespace sluice::test {
namespace {

const std::vector<PatternTarget> kTables = {
	{"public", "Orders", false, true},	{"public", "orders", false, true},
	{"public", "tmp_one", false, true}, {"public", "order_view", true, true},
	{"shop", "order_items", false},		{"shop", "a.b*", false},
	{"shop", "größe", false},			{"shop", "Users", false},
};

std::string
Selected(const std::vector<std::string> &patterns)
{
	std::string names;
	try {
		for (size_t const place : SelectTables(patterns, kTables, "s")) {
			names += (names.empty() ? "" : " ") + kTables[place].schema + "." + kTables[place].table;
		}
	} catch (const Error &error) {
		return SqlStateText(error.State()) + ": " + error.Info().hint;
	}
	return names;
}

TEST(TablePattern, Selects)
{
	EXPECT_EQ(Selected({"public.*"}), "public.Orders public.orders public.tmp_one");
	EXPECT_EQ(Selected({"public.*", "-public.tmp_*"}), "public.Orders public.orders");
	EXPECT_EQ(Selected({"-public.tmp_*", "public.*"}), "public.Orders public.orders");
	EXPECT_EQ(Selected({"*.order*"}), "public.Orders public.orders shop.order_items");
	EXPECT_EQ(Selected({"public.order_view", "- *.o*s", "shop.*"}),
			  "public.order_view shop.a.b* shop.größe shop.Users");
	EXPECT_EQ(Selected({"shop.gr??e"}), "shop.größe");
	EXPECT_EQ(Selected({"shop.\"a.b*\""}), "shop.a.b*");
	EXPECT_EQ(Selected({"shop.*", "shop.users", "-\"shop\".\"users\""}),
			  "shop.order_items shop.a.b* shop.größe shop.Users");
	EXPECT_EQ(Selected({"public.*", "-*.*"}), "");
}

TEST(TablePattern, TakesTheExactName)
{
	EXPECT_EQ(Selected({"public.Orders"}), "public.Orders");
	EXPECT_EQ(Selected({"orders"}), "public.orders");
	EXPECT_EQ(Selected({"SHOP.USERS"}), "shop.Users");
	EXPECT_EQ(Selected({"public.ORDERS"}), "42P09: Write the exact name, in double quotes.");
}

TEST(TablePattern, FitsNone)
{
	EXPECT_EQ(Selected({"public.ordres"}), "42P01: Perhaps you meant \"public.Orders\".");
	EXPECT_EQ(Selected({"shp.*"}), "42P01: Perhaps you meant \"shop.*\".");
	EXPECT_EQ(Selected({"tmp_on"}), "42P01: Perhaps you meant \"tmp_one\".");
	EXPECT_EQ(Selected({"users"}).substr(0, 26), "42P01: Write schema.table,");
	EXPECT_EQ(Selected({"shop.\"users\""}), "42P01: Perhaps you meant \"shop.Users\".");
	EXPECT_EQ(Selected({}).substr(0, 5), "22023");
	EXPECT_EQ(Selected({"-public.*"}).substr(0, 5), "22023");
	EXPECT_EQ(Selected({"a.b.c"}).substr(0, 5), "42602");
	EXPECT_EQ(Selected({"-"}).substr(0, 5), "42602");
}

TEST(TablePattern, FillsIn)
{
	EXPECT_EQ(FillTablePattern("name_pattern", "{table}", "s", "t"), "t");
	EXPECT_EQ(FillTablePattern("name_pattern", "copy of {schema}.{table}", "{table}", "t}"), "copy of {table}.t}");
	EXPECT_EQ(FillTablePattern("name_pattern", "all", "s", "t"), "all");
	EXPECT_THROW(FillTablePattern("name_pattern", "{tabel}", "s", "t"), Error);
	EXPECT_THROW(FillTablePattern("name_pattern", "{table", "s", "t"), Error);
}

} // namespace
} // namespace sluice::test
