#include "core/error.hpp"

#include <gtest/gtest.h>

#include "core/sqlstate.hpp"

namespace sluice::test {
namespace {

TEST(SqlState, RoundTrips)
{
	EXPECT_EQ(SqlStateText(SqlState("00000")), "00000");
	EXPECT_EQ(SqlStateText(SqlState("42P01")), "42P01");
	EXPECT_EQ(SqlStateText(SqlState("XX000")), "XX000");
	EXPECT_EQ(SqlStateText(SqlState("ZZZZZ")), "ZZZZZ");
	EXPECT_EQ(SqlStateText(sqlstate::kSourceSilent), "SL005");
	EXPECT_EQ(SqlStateText(sqlstate::kInvalidParameterValue), "22023");
}

TEST(SqlState, IsPackedAsTheServerPacksIt)
{
	EXPECT_EQ(SqlState("00000"), 0);
	EXPECT_EQ(SqlState("22023"), 50856066); // ERRCODE_INVALID_PARAMETER_VALUE
}

TEST(Error, CarriesItsFieldsAndContext)
{
	Error const error(sqlstate::kInvalidName, "message", "hint", "detail");
	EXPECT_STREQ(error.what(), "message");
	EXPECT_EQ(error.State(), sqlstate::kInvalidName);
	EXPECT_EQ(error.Info().hint, "hint");
	EXPECT_EQ(error.Info().detail, "detail");
	Error const outer = error.WithContext("inner line").WithContext("outer line");
	EXPECT_EQ(outer.Info().context, "inner line\nouter line");
	EXPECT_EQ(error.Info().context, "");
	EXPECT_EQ(outer.Info().hint, "hint");
}

TEST(Error, TellsAllThatItSays)
{
	EXPECT_EQ(WholeText(Error(sqlstate::kInvalidName, "message").Info()), "message");
	Error const error = Error(sqlstate::kInvalidName, "message", "hint", "detail").WithContext("row 3");
	EXPECT_EQ(WholeText(error.Info()), "message\nDETAIL:  detail\nHINT:  hint\nCONTEXT:  row 3");
}

TEST(Error, CopiesWithoutThrowing)
{
	static_assert(std::is_nothrow_copy_constructible_v<Error>);
	Error const error(sqlstate::kInternalError, "x");
	Error const copy = error; // NOLINT(performance-unnecessary-copy-initialization): the copy is the test
	EXPECT_EQ(&copy.Info(), &error.Info());
}

} // namespace
} // namespace sluice::test
