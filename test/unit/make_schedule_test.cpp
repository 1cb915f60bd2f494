#include <gtest/gtest.h>

#include "core/make_schedule.hpp"
#include "core/schedule.hpp"
#include "core/sqlstate.hpp"
#include "fake_zone.hpp"

namespace sluice::test {
namespace {

using Days = std::vector<std::string>;

TEST(MakeSchedule, WritesWhatDescribeSays)
{
	struct {
		ScheduleWish wish;
		const char *schedule;
		const char *text;
	} const cases[] = {
		{{"minute", "00:00:00", {}, {}}, "* * * * *", "every minute"},
		{{"minute", "00:00:30", {}, {}}, "30 * * * * *", "at second 30 of every minute"},
		{{"5 minutes", "00:00:00", {}, {}}, "*/5 * * * *", "every 5 minutes"},
		{{"15 minutes", "00:05:00", {}, {}}, "5-59/15 * * * *", "every 15 minutes from minute 5 of the hour on"},
		{{"30 Minutes", "00:00:00", {}, {}}, "*/30 * * * *", "every 30 minutes"},
		{{"hour", "00:00:00", {}, {}}, "0 * * * *", "every hour"},
		{{"hour", "00:20:00", {}, {}}, "20 * * * *", "at minute 20 of every hour"},
		{{"day", "02:30:00", {}, {}}, "30 2 * * *", "every day at 02:30"},
		{{"day", "02:30:07", {}, {}}, "7 30 2 * * *", "every day at 02:30:07"},
		{{"weekday", "06:00:00", {}, {}}, "0 6 * * MON-FRI", "at 06:00 from Monday to Friday"},
		{{"week", "06:00:00", {}, {}}, "0 6 * * MON", "at 06:00 on Monday"},
		{{"week", "06:00:00", Days{"sunday", "Wed", "MON"}, {}},
		 "0 6 * * MON,WED,SUN",
		 "at 06:00 on Monday, Wednesday and Sunday"},
		{{"month", "06:00:00", {}, {}}, "0 6 1 * *", "every month on day 1 at 06:00"},
		{{"month", "06:00:00", {}, 15}, "0 6 15 * *", "every month on day 15 at 06:00"},
		{{"month", "06:00:00", {}, -1}, "0 6 L * *", "every month on the last day at 06:00"},
		{{"quarter", "00:00:00", {}, {}}, "0 0 1 1,4,7,10 *", "at 00:00 on day 1 of January, April, July and October"},
		{{"quarter", "00:00:00", {}, -1},
		 "0 0 L 3,6,9,12 *",
		 "at 00:00 on the last day of March, June, September and December"},
		{{"year", "00:00:00", {}, 6}, "0 0 6 1 *", "every year on 6 January at 00:00"},
		{{"year", "00:00:00.000", {}, -1}, "0 0 L 12 *", "at 00:00 on the last day of December"},
	};
	for (const auto &c : cases) {
		EXPECT_EQ(MakeSchedule(c.wish), c.schedule);
		EXPECT_EQ(Schedule::Parse(MakeSchedule(c.wish)).Describe(), c.text) << c.schedule;
	}
}

// The words that a description of this wish must have.
std::vector<std::string>
Words(const ScheduleWish &wish)
{
	std::vector<std::string> words;
	std::string const at(wish.at);
	bool const within_day = wish.every.ends_with("minutes") || wish.every == "minute" || wish.every == "hour";
	if (!within_day) {
		words.push_back("at " + (at.ends_with(":00") ? at.substr(0, 5) : at));
	} else if (!at.ends_with(":00")) {
		words.push_back("at second " + std::to_string(std::stoi(at.substr(6))));
	} else if (wish.every != "minute" && at.substr(3, 2) != "00") {
		words.push_back("minute " + std::to_string(std::stoi(at.substr(3, 2))));
	}
	for (const std::string &day : wish.on_days.value_or(Days{})) {
		words.push_back(day);
	}
	if (wish.day_of_month == -1) {
		words.emplace_back("the last day");
	} else if (wish.day_of_month) {
		words.push_back(std::to_string(*wish.day_of_month));
	}
	return words;
}

// How far apart due times may lie, in seconds: the period is kept.
std::pair<int64_t, int64_t>
Distances(std::string_view every)
{
	if (every == "minute") {
		return {60, 60};
	}
	if (every.ends_with(" minutes")) {
		int64_t const seconds = 60 * std::stoll(std::string(every));
		return {seconds, seconds};
	}
	if (every == "hour") {
		return {kHourSeconds, kHourSeconds};
	}
	if (every == "day") {
		return {kDaySeconds, kDaySeconds};
	}
	if (every == "weekday") {
		return {kDaySeconds, 3 * kDaySeconds};
	}
	if (every == "week") {
		return {kDaySeconds, 7 * kDaySeconds};
	}
	if (every == "month") {
		return {28 * kDaySeconds, 62 * kDaySeconds};
	}
	return every == "quarter" ? std::pair<int64_t, int64_t>{90 * kDaySeconds, 184 * kDaySeconds}
							  : std::pair<int64_t, int64_t>{365 * kDaySeconds, 366 * kDaySeconds};
}

TEST(MakeSchedule, HoldsForTheWholeProductOfItsArguments)
{
	const char *const periods[] = {"minute", "5 minutes", "10 minutes", "15 minutes", "30 minutes", "hour",
								   "day",	 "weekday",	  "week",		"month",	  "quarter",	"year"};
	const char *const times[] = {"00:00:00", "00:00:30", "00:04:00", "00:07:00", "00:29:59", "00:59:00",
								 "01:00:00", "02:30:00", "13:05:09", "23:59:59", "24:00:00"};
	std::vector<std::optional<Days>> const on_days = {std::nullopt, Days{}, Days{"Sunday"}, Days{"Monday", "Thursday"},
													  Days{"Tuesday", "Saturday", "Sunday"}};
	std::vector<std::optional<int>> days_of_month = {std::nullopt, -2, -1, 0, 32};
	for (int day = 1; day <= 31; ++day) {
		days_of_month.emplace_back(day);
	}
	int made = 0;
	int refused = 0;
	for (const char *const period : periods) {
		for (const char *const time : times) {
			for (const std::optional<Days> &days : on_days) {
				for (const std::optional<int> &day : days_of_month) {
					ScheduleWish const wish = {period, time, days, day};
					std::string text;
					try {
						text = MakeSchedule(wish);
					} catch (const Error &error) {
						ASSERT_EQ(error.State(), sqlstate::kInvalidParameterValue);
						ASSERT_FALSE(error.Info().hint.empty());
						++refused;
						continue;
					}
					++made;
					SCOPED_TRACE(text);
					Schedule const schedule = Schedule::Parse(text);
					std::string const description = schedule.Describe();
					for (const std::string &word : Words(wish)) {
						ASSERT_NE(description.find(word), std::string::npos) << word << " is not in: " << description;
					}
					auto const [shortest, longest] = Distances(period);
					int64_t at = *schedule.NextAfter(At(2026, 11, 20), Utc());
					for (int i = 0; i < 8; ++i) {
						int64_t const next = *schedule.NextAfter(at, Utc());
						ASSERT_GE(next - at, shortest);
						ASSERT_LE(next - at, longest);
						at = next;
					}
				}
			}
		}
	}
	// Within the hour 2 + 3 + 4 + 4 + 5 + 6 times; day and weekday 10 each; weeks 10 for each of 4 lists of days; the
	// others 10 for each of 33 days.
	EXPECT_EQ(made, 24 + 2 * 10 + 10 * 4 + 3 * 10 * 33);
	EXPECT_EQ(made + refused, 12 * 11 * 5 * 36);
}

TEST(MakeSchedule, RefusesWithAHint)
{
	struct {
		ScheduleWish wish;
		const char *message;
		const char *hint;
	} const cases[] = {
		{{"weak", "00:00:00", {}, {}}, "every: \"weak\"", "Perhaps you meant \"week\""},
		{{"20 minutes", "00:00:00", {}, {}}, "every: \"20 minutes\"", "such as \"every 20 minutes\""},
		{{"day", "24:00:00", {}, {}}, "at: \"24:00:00\"", "00:00 to 23:59:59"},
		{{"day", "01:00:00.5", {}, {}}, "at: \"01:00:00.5\"", "whole seconds"},
		{{"hour", "01:00:00", {}, {}}, "with every hour", "'00:00' to '00:59'"},
		{{"15 minutes", "00:15:00", {}, {}}, "with every 15 minutes", "'00:00' to '00:14'"},
		{{"minute", "00:01:00", {}, {}}, "with every minute", "'00:00:30'"},
		{{"day", "00:00:00", Days{"monday"}, {}}, "on_days does not go with every day", "every => 'week'"},
		{{"week", "00:00:00", {}, 1}, "day_of_month does not go with every week", "month, quarter and year"},
		{{"week", "00:00:00", Days{"mondey"}, {}}, "on_days: \"mondey\"", "Perhaps you meant \"monday\""},
		{{"week", "00:00:00", Days{"1"}, {}}, "on_days: \"1\"", "'{mon,fri}'"},
		{{"week", "00:00:00", Days{}, {}}, "on_days must not be empty", "leave it out"},
		{{"month", "00:00:00", {}, 0}, "day_of_month: 0", "-1 for the last"},
		{{"month", "00:00:00", {}, -2}, "day_of_month: -2", "-1 for the last"},
	};
	for (const auto &c : cases) {
		try {
			MakeSchedule(c.wish);
			ADD_FAILURE() << "accepted, but: " << c.message;
		} catch (const Error &error) {
			EXPECT_NE(error.Info().message.find(c.message), std::string::npos) << error.Info().message;
			EXPECT_NE(error.Info().hint.find(c.hint), std::string::npos) << error.Info().hint;
		}
	}
}

TEST(MakeSchedule, KnowsWhichMonthsAreTooShort)
{
	auto const passes = [](const char *every, int day) { return PassesOverMonths({every, "00:00:00", {}, day}); };
	EXPECT_FALSE(passes("month", 28) || passes("month", -1) || passes("quarter", 30) || passes("year", 31));
	EXPECT_TRUE(passes("month", 29) && passes("month", 31) && passes("quarter", 31));
	EXPECT_FALSE(PassesOverMonths({"day", "00:00:00", {}, {}}));
}

} // namespace
} // namespace sluice::test
