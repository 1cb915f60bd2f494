#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/mysql_sqlstate.hpp"
#include "core/mysql_syntax.hpp"
#include "core/mysql_wire.hpp"
#include "core/retry_policy.hpp"

namespace sluice {
namespace {

std::string
StateOf(unsigned number, std::string_view its_state)
{
	return SqlStateText(MysqlSqlState(number, its_state));
}

TEST(MysqlSqlState, TranslatesWhatHasANameHere)
{
	EXPECT_EQ(StateOf(1146, "42S02"), "42P01");
	EXPECT_EQ(StateOf(1045, "28000"), "28P01");
	EXPECT_EQ(StateOf(2003, "HY000"), "08001");
	EXPECT_EQ(StateOf(2013, "HY000"), "08006");
	EXPECT_EQ(StateOf(1213, "40001"), "40P01");
	EXPECT_EQ(StateOf(1317, "70100"), "57014");
	EXPECT_EQ(StateOf(1792, "25006"), "25006");
}

TEST(MysqlSqlState, KeepsStatesOfSharedClasses)
{
	EXPECT_EQ(StateOf(9999, "22007"), "22007");
	EXPECT_EQ(StateOf(9999, "08S01"), "08S01");
}

TEST(MysqlSqlState, CallsTheRestAnErrorOfTheSource)
{
	EXPECT_EQ(StateOf(9999, "HY000"), "HV000");
	EXPECT_EQ(StateOf(9999, "42S99"), "HV000");
	EXPECT_EQ(StateOf(9999, ""), "HV000");
	EXPECT_EQ(StateOf(9999, "22"), "HV000");
}

TEST(MysqlSqlState, LetsRetriesSeeOutages)
{
	for (unsigned const number : {2002U, 2003U, 2006U, 2013U, 1040U, 1053U, 1927U}) {
		EXPECT_TRUE(IsTransient(MysqlSqlState(number, "HY000"))) << number;
		EXPECT_TRUE(IsSourceOutage(MysqlSqlState(number, "HY000"))) << number;
	}
	for (unsigned const number : {1045U, 1146U, 1064U, 1317U, 2027U, 2059U}) {
		EXPECT_FALSE(IsTransient(MysqlSqlState(number, "HY000"))) << number;
	}
}

TEST(MysqlSyntax, QuotesNamesAndTexts)
{
	EXPECT_EQ(QuoteMysqlName("a`b"), "`a``b`");
	EXPECT_EQ(QuoteMysqlText(""), "CONVERT(x'' USING utf8mb4)");
	EXPECT_EQ(QuoteMysqlText("a'\\\xc3\xbc"), "CONVERT(x'61275cc3bc' USING utf8mb4)");
}

TEST(MysqlSyntax, TakesOneQuery)
{
	EXPECT_EQ(CheckMysqlQuery("SELECT 1"), "SELECT 1");
	EXPECT_EQ(CheckMysqlQuery(" select ';' ; "), " select ';' ");
	EXPECT_EQ(CheckMysqlQuery("((SELECT 1)) UNION SELECT 2;;"), "((SELECT 1)) UNION SELECT 2");
	EXPECT_EQ(CheckMysqlQuery("# a ; b\nWITH x AS (SELECT 1) SELECT * FROM x -- ;"),
			  "# a ; b\nWITH x AS (SELECT 1) SELECT * FROM x -- ;");
	EXPECT_EQ(CheckMysqlQuery("/* x */ VALUES (1)"), "/* x */ VALUES (1)");
	EXPECT_EQ(CheckMysqlQuery("SELECT 5--1"), "SELECT 5--1");
}

TEST(MysqlSyntax, RefusesAnythingElse)
{
	for (const char *const query : {"", ";", "DELETE FROM t", "SELECT 1; SELECT 2", "SELECT 'a\\''; DROP TABLE t",
									"/* SELECT */ UPDATE t SET a = 1", "selects", "CALL p()", "-- SELECT 1"}) {
		EXPECT_THROW(CheckMysqlQuery(query), Error) << query;
	}
}

TEST(MysqlSyntax, FindsColumnsThatAreMentioned)
{
	EXPECT_TRUE(MentionsColumn("id, price * 2 AS p", "price"));
	EXPECT_TRUE(MentionsColumn("source.PRICE", "price"));
	EXPECT_TRUE(MentionsColumn("\"a b\"", "a b"));
	EXPECT_FALSE(MentionsColumn("prices, unit_price, price2", "price"));
	EXPECT_FALSE(MentionsColumn("id", ""));
}

TEST(MysqlSyntax, PutsTheContextWhereItIsCalledFor)
{
	EXPECT_EQ(ReplaceMysqlRunContext("SELECT run_context(), RUN_CONTEXT ( )", "X"), "SELECT X, X");
	EXPECT_EQ(ReplaceMysqlRunContext("SELECT 'run_context()', `run_context()`, \"run_context()\" # run_context()", "X"),
			  "SELECT 'run_context()', `run_context()`, \"run_context()\" # run_context()");
	EXPECT_EQ(ReplaceMysqlRunContext("SELECT my_run_context(), run_context(1)", "X"),
			  "SELECT my_run_context(), run_context(1)");
	EXPECT_EQ(ReplaceMysqlRunContext("SELECT 'it\\'s', run_context() FROM t", "X"), "SELECT 'it\\'s', X FROM t");
	EXPECT_EQ(ReplaceMysqlRunContext("SELECT 'open run_context()", "X"), "SELECT 'open run_context()");
}

TEST(MysqlWire, TakesStringsOfEveryLength)
{
	std::string const row = std::string("\x03"
										"abc") +
							std::string("\xfc\x02\x00"
										"de",
										5) +
							std::string("\xfd\x01\x00\x00"
										"f",
										5) +
							std::string("\xfe\x01\x00\x00\x00\x00\x00\x00\x00"
										"g",
										10);
	const auto *const bytes = reinterpret_cast<const unsigned char *>(row.data());
	MysqlCursor cursor{bytes, bytes + row.size()};
	for (const char *const expected : {"abc", "de", "f", "g"}) {
		const unsigned char *data = nullptr;
		size_t length = 0;
		ASSERT_EQ(TakeMysqlString(&cursor, &data, &length), nullptr);
		EXPECT_EQ(std::string(reinterpret_cast<const char *>(data), length), expected);
	}
	EXPECT_EQ(EndMysqlRow(&cursor), nullptr);
}

} // namespace
} // namespace sluice
