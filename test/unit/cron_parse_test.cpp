#include <gtest/gtest.h>

#include "core/cron.hpp"
#include "core/sqlstate.hpp"
#include "fake_zone.hpp"

namespace sluice::test {
namespace {

uint64_t
Bits(std::initializer_list<int> values)
{
	uint64_t bits = 0;
	for (int const value : values) {
		bits |= uint64_t{1} << value;
	}
	return bits;
}

TEST(CronParse, Minutes)
{
	struct {
		const char *text;
		uint64_t minutes;
	} const cases[] = {
		{"5", Bits({5})},
		{"0,30", Bits({0, 30})},
		{"10-13", Bits({10, 11, 12, 13})},
		{"10-20/5", Bits({10, 15, 20})},
		{"*/20", Bits({0, 20, 40})},
		{"*/59", Bits({0, 59})},
		{"10-20/10", Bits({10, 20})},
		{"55/4", Bits({55, 59})},
		{"50/4", Bits({50, 54, 58})},
		{"58-1", Bits({58, 59, 0, 1})},
		{"55-10/5", Bits({55, 0, 5, 10})},
		{"1,1,1-2", Bits({1, 2})},
		{"007", Bits({7})},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.text);
		EXPECT_EQ(Cron::Parse(std::string(c.text) + " * * * *").Fields().minutes, c.minutes);
	}
}

TEST(CronParse, MonthsAndWeekdays)
{
	struct {
		const char *month;
		const char *weekday;
		uint64_t months;
		uint64_t weekdays;
	} const cases[] = {
		{"JAN", "MON", Bits({1}), Bits({1})},
		{"dec", "sun", Bits({12}), Bits({0})},
		{"Jan-Mar", "MON-FRI", Bits({1, 2, 3}), Bits({1, 2, 3, 4, 5})},
		{"NOV-FEB", "FRI-MON", Bits({11, 12, 1, 2}), Bits({5, 6, 0, 1})},
		{"*/3", "0", Bits({1, 4, 7, 10}), Bits({0})},
		{"2/5", "7", Bits({2, 7, 12}), Bits({0})},
		{"10-3/2", "5-7", Bits({10, 12, 2}), Bits({5, 6, 0})},
		{"1", "7-7", Bits({1}), Bits({0})},
		{"1", "7/3", Bits({1}), Bits({0, 3, 6})},
		{"1", "7-2", Bits({1}), Bits({0, 1, 2})},
		{"1", "0-7", Bits({1}), Bits({0, 1, 2, 3, 4, 5, 6})},
		{"1", "SAT-SUN", Bits({1}), Bits({6, 0})},
		{"1", "sun-sat", Bits({1}), Bits({0, 1, 2, 3, 4, 5, 6})},
		{"1", "*/2", Bits({1}), Bits({0, 2, 4, 6})},
		{"1", "MON,3,fri", Bits({1}), Bits({1, 3, 5})},
		{"1", "mon/2", Bits({1}), Bits({1, 3, 5})},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(std::string(c.month) + " " + c.weekday);
		Cron const cron = Cron::Parse(std::string("0 0 1 ") + c.month + " " + c.weekday);
		EXPECT_EQ(cron.Fields().months, c.months);
		EXPECT_EQ(cron.Fields().weekdays, c.weekdays);
	}
}

TEST(CronParse, WhatBeginsWithAStarNamesNothing)
{
	struct {
		const char *text;
		bool hours;
		bool days;
		bool weekdays;
	} const cases[] = {
		{"0 * * * *", false, false, false},		  {"0 0 1 * *", true, true, false},
		{"0 0,12 * * 1", true, false, true},	  {"0 0 1-31 * 0-6", true, true, true},
		{"0 */2 */2 * */2", false, false, false}, {"0 */1 */1 * *,3", false, false, false},
		{"0 0-22/2 3,* * 3,*", true, true, true}, {"0 *,3 *,L * *,FRI#2", false, false, false},
		{"0 0-23 * * *", false, false, false},	  {"0 3,* * * *", false, false, false}, // every hour all the same
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.text);
		CronFields const fields = Cron::Parse(c.text).Fields();
		EXPECT_EQ(fields.names_hours, c.hours);
		EXPECT_EQ(fields.names_days, c.days);
		EXPECT_EQ(fields.names_weekdays, c.weekdays);
	}
}

TEST(CronParse, BlanksAndMacros)
{
	struct {
		const char *text;
		const char *same_as;
	} const cases[] = {
		{"  0\t2  *\n* *  ", "0 2 * * *"}, {"@yearly", "0 0 1 1 *"},   {"@annually", "0 0 1 1 *"},
		{"@monthly", "0 0 1 * *"},		   {"@weekly", "0 0 * * 0"},   {"@daily", "0 0 * * *"},
		{"@midnight", "0 0 * * *"},		   {" @Hourly ", "0 * * * *"},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.text);
		EXPECT_EQ(Cron::Parse(c.text).Fields(), Cron::Parse(c.same_as).Fields());
	}
}

TEST(CronParse, RefusesWithAHintThatNamesFieldTextAndRange)
{
	struct {
		std::string text;
		std::vector<const char *> told; // in message, detail and hint together
	} const cases[] = {
		{"", {"must not be empty", "five fields"}},
		{" \t\n", {"must not be empty"}},
		{"* * * *", {"It has 4 fields", "five fields"}},
		{"0 0 0 0 2 * *", {"It has 7 fields", "five fields", "or six with the second first"}},
		{"60 0 0 2 * *", {"second field \"60\"", "0 to 59"}},
		{"every 5 minutes", {"It has 3 fields", "five fields"}},
		{"daily", {"It has 1 field."}},
		{"60 * * * *", {"minute field \"60\"", "out of range", "0 to 59"}},
		{"0 24 * * *", {"hour field \"24\"", "0 to 23"}},
		{"0 0 0 * *", {"day-of-month field \"0\"", "1 to 31"}},
		{"0 0 32 * *", {"day-of-month field \"32\"", "1 to 31"}},
		{"0 0 1 13 *", {"month field \"13\"", "1 to 12 or JAN to DEC"}},
		{"0 0 * * 8", {"day-of-week field \"8\"", "0 to 7", "SUN to SAT"}},
		{"0 0 * * MONDAY", {"\"MONDAY\"", "not understood", "SUN to SAT"}},
		{"0 0 * FOO *", {"month field \"FOO\"", "JAN to DEC"}},
		{"0 JAN * * *", {"hour field \"JAN\"", "not understood"}},
		{"0 L * * *", {"hour field \"L\"", "not understood"}},
		{"0 0 * L *", {"month field \"L\"", "not understood"}},
		{"0 0 L-31 * *", {"\"L-31\"", "1 to 30 days", "L-3 (three days before it)"}},
		{"0 0 L- * *", {"\"L-\""}},
		{"0 0 L-x * *", {"\"L-x\""}},
		{"0 0 L5 * *", {"\"L5\"", "not understood"}},
		{"0 0 L-3W * *", {"\"L-3W\""}},
		{"0 0 32W * *", {"32, which is out of range"}},
		{"0 0 W * *", {"\"W\"", "not understood"}},
		{"0 0 1-5W * *", {"\"1-5\""}},
		{"0 0 15W/2 * *", {"\"15W\""}},
		{"0 0 * * L", {"alone", "FRIL"}},
		{"0 0 * * L5", {"\"L5\""}},
		{"0 0 * * 8L", {"8, which is out of range"}},
		{"0 0 * * 5#0", {"\"5#0\"", "1 to 5"}},
		{"0 0 * * 5#6", {"\"5#6\"", "1 to 5"}},
		{"0 0 * * 5#", {"\"5#\""}},
		{"0 0 * * #2", {"lacks a value"}},
		{"0 0 * * MON-FRI#2", {"\"MON-FRI\""}},
		{"0 0 5#2 * *", {"day-of-month field \"5#2\""}},
		{"0 0 ? * *", {"\"?\"", "for which * is written"}},
		{"*/0 * * * *", {"step \"0\"", "1 to 59"}},
		{"*/60 * * * *", {"minute field \"*/60\"", "step \"60\"", "1 to 59"}},
		{"*/90 * * * *", {"step \"90\"", "1 to 59"}},
		{"*/60 * * * * *", {"second field", "step \"60\"", "1 to 59"}},
		{"0 */24 * * *", {"step \"24\"", "1 to 23"}},
		{"0 0 */31 * *", {"step \"31\"", "1 to 30"}},
		{"0 0 1 */12 *", {"step \"12\"", "1 to 11"}},
		{"0 0 * * */7", {"step \"7\"", "1 to 6"}},
		{"0 0 * * 0-7/7", {"step \"7\"", "1 to 6"}},
		{"0,*/60 * * * *", {"step \"60\"", "1 to 59"}},
		{"0/60 * * * *", {"step \"60\"", "1 to 59"}},
		{"50/10 * * * *", {"step \"10\"", "1 to 9"}},
		{"10-20/15 * * * *", {"step \"15\"", "1 to 10"}},
		{"58-1/4 * * * *", {"step \"4\"", "1 to 3"}},
		{"59/5 * * * *", {"step \"5\" where there is one value only"}},
		{"7-7/1 * * * *", {"step \"1\" where there is one value only"}},
		{"0 0 L-0 * *", {"\"L-0\"", "1 to 30 days", "L (the last day)"}},
		{"0 0 30 2 *", {"schedule \"0 0 30 2 *\" is never due", "No day fits"}},
		{"0 0 31 2,4,6,9,11 *", {"never due"}},
		{"*/5 * 31 4 *", {"never due"}},
		{"0 0 L-30 2 *", {"never due"}},
		{"* * * L-29 2 *", {"never due"}},
		{"0 0 30W 2 *", {"never due"}},
		{"0 0 */28 * MON#2", {"never due"}},
		{"0 0 30 2 */2", {"never due"}},
		{"*/ * * * *", {"step \"\""}},
		{"*/x * * * *", {"step \"x\""}},
		{"*/5/5 * * * *", {"step \"5/5\""}},
		{"1- * * * *", {"lacks a value"}},
		{"-1 * * * *", {"lacks a value"}},
		{"1,,2 * * * *", {"lacks a value"}},
		{"1-2-3 * * * *", {"\"2-3\""}},
		{"+5 * * * *", {"\"+5\""}},
		{"1.5 * * * *", {"\"1.5\""}},
		{"99999999999999999999 * * * *", {"not understood"}},
		{"*5 * * * *", {"\"*5\""}},
		{"@reboot", {"@reboot", "start of the server"}},
		{"@dayly", {"Perhaps you meant \"@daily\""}},
		{"@every 5m", {"invalid schedule \"@every 5m\"", "without the @"}},
		{std::string(501, '1'), {"too long", "500"}},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.text);
		try {
			Cron::Parse(c.text);
			ADD_FAILURE() << "accepted";
		} catch (const Error &error) {
			EXPECT_EQ(error.State(), sqlstate::kInvalidParameterValue);
			EXPECT_FALSE(error.Info().hint.empty());
			std::string const all = error.Info().message + "|" + error.Info().detail + "|" + error.Info().hint;
			for (const char *const part : c.told) {
				EXPECT_NE(all.find(part), std::string::npos) << part << " is not in: " << all;
			}
		}
	}
}

TEST(CronParse, UnderstandsWhatAnOlderVersionStored)
{
	struct {
		const char *stored;
		const char *same_as;
	} const cases[] = {
		{"*/60 */24 * * *", "0 0 * * *"}, {"0 0 L-0 * *", "0 0 L * *"},		  {"50/10 0 * * *", "50 0 * * *"},
		{"59/5 0 * * *", "59 0 * * *"},	  {"10-20/15 0 * * *", "10 0 * * *"}, {"0 0 1 */12 *", "0 0 1 1 *"},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.stored);
		EXPECT_THROW(Cron::Parse(c.stored), Error);
		CronFields fields = Cron::Parse(c.stored, ScheduleText::Stored).Fields();
		fields.names_hours = true;
		EXPECT_EQ(fields, Cron::Parse(c.same_as).Fields());
	}
	EXPECT_FALSE(Cron::Parse("0 0 30 2 *", ScheduleText::Stored).NextAfter(0, Utc()).has_value());
	EXPECT_THROW(Cron::Parse("*/61 * * * *", ScheduleText::Stored), Error);
	EXPECT_THROW(Cron::Parse("0 0 L-31 * *", ScheduleText::Stored), Error);
}

TEST(CronParse, SecondsComeFirst)
{
	EXPECT_EQ(Cron::Parse("0 2 * * *").Fields(), Cron::Parse("0 0 2 * * *").Fields());
	EXPECT_EQ(Cron::Parse("*/20 0 2 * * *").Fields().seconds, Bits({0, 20, 40}));
	EXPECT_EQ(Cron::Parse("50/4 0 2 * * *").Fields().seconds, Bits({50, 54, 58}));
	EXPECT_EQ(Cron::Parse("* * * * * *").Fields().seconds, (uint64_t{1} << 60) - 1);
}

TEST(CronParse, SpecialDays)
{
	auto const special = [](const char *days, const char *weekdays) {
		return Cron::Parse(std::string("0 0 ") + days + " * " + weekdays).Fields().special;
	};
	EXPECT_EQ(special("L", "*").from_end, Bits({0}));
	EXPECT_EQ(special("l-3,L-30", "*").from_end, Bits({3, 30}));
	EXPECT_EQ(special("15W,1w", "*").nearest_workdays, Bits({1, 15}));
	EXPECT_TRUE(special("Lw", "*").last_workday);
	EXPECT_EQ(special("*", "5L,FRI#2").nth[5], Bits({0, 2}));
	EXPECT_EQ(special("*", "7#1,0#5,suNl").nth[0], Bits({0, 1, 5}));
	EXPECT_EQ(special("1-5,10", "MON"), CronSpecialDays{});
	CronFields const both = Cron::Parse("0 0 1,LW,L-2 * MON,TUE#3").Fields();
	EXPECT_EQ(both.days, Bits({1}));
	EXPECT_EQ(both.weekdays, Bits({1}));
	EXPECT_TRUE(both.names_days && both.names_weekdays);
	EXPECT_TRUE(both.special.last_workday && both.special.from_end == 4 && both.special.nth[2] == 8);
}

TEST(CronParse, TakesTheLongestListThatMakesSense)
{
	std::string minutes = "0";
	for (int i = 1; i < 60; ++i) {
		minutes += "," + std::to_string(i);
	}
	EXPECT_EQ(Cron::Parse(minutes + " * * * *").Fields().minutes, Cron::Parse("* * * * *").Fields().minutes);
}

} // namespace
} // namespace sluice::test
