#include <gtest/gtest.h>

#include "core/schedule.hpp"
#include "core/sqlstate.hpp"
#include "fake_zone.hpp"

namespace sluice::test {
namespace {

struct InstantCase {
	const char *schedule;
	const char *after;				// UTC
	std::vector<const char *> next; // UTC, one after the other
};

void
CheckInstants(const std::vector<InstantCase> &cases, const Zone &zone)
{
	for (const InstantCase &c : cases) {
		SCOPED_TRACE(std::string(c.schedule) + " after " + c.after);
		Schedule const schedule = Schedule::Parse(c.schedule);
		int64_t at = Parse(c.after);
		for (const char *const expected : c.next) {
			std::optional<int64_t> const next = schedule.NextAfter(at, zone);
			ASSERT_TRUE(next.has_value());
			EXPECT_EQ(Show(*next), expected);
			at = *next;
		}
	}
}

TEST(Schedule, SaysIntervalsInEnglish)
{
	struct {
		const char *schedule;
		const char *text;
	} const cases[] = {
		{"every 30 seconds", "every 30 seconds"},
		{"EVERY  90\tSeconds ", "every 90 seconds"},
		{"every second", "every second"},
		{"every 1 minute", "every minute"},
		{"every 60 seconds", "every minute"},
		{"every 15min", "every 15 minutes"},
		{"every 1h30m", "every 90 minutes"},
		{"every 1 hour 30 minutes", "every 90 minutes"},
		{"every hour", "every hour"},
		{"every 2 hours", "every 2 hours"},
		{"every 24 hours", "every 24 hours"},
		{"every day", "every day at 00:00"},
		{"every 2 days", "every 2 days at 00:00"},
		{"every week", "every week on Monday at 00:00"},
		{"every 2 weeks", "every 2 weeks on Monday at 00:00"},
		{"every 1 week 1 day", "every 8 days at 00:00"},
		{"*/15 * * * *", "every 15 minutes"},
		{"@daily", "every day at 00:00"},
	};
	for (const auto &c : cases) {
		EXPECT_EQ(Schedule::Parse(c.schedule).Describe(), c.text) << c.schedule;
	}
}

TEST(Schedule, ElapsedIntervalsKnowNoClock)
{
	CheckInstants(
		{
			{"every 30 seconds", "2026-03-29 00:59:45", {"2026-03-29 01:00", "2026-03-29 01:00:30"}},
			{"every 15 minutes", "2026-03-29 00:45", {"2026-03-29 01:00", "2026-03-29 01:15"}},
			{"every 15 minutes", "2026-10-25 00:59:59", {"2026-10-25 01:00", "2026-10-25 01:15"}},
			{"every 2 hours", "2026-10-24 23:00", {"2026-10-25 00:00", "2026-10-25 02:00", "2026-10-25 04:00"}},
			{"every 24 hours", "2026-03-28 12:00", {"2026-03-29 00:00", "2026-03-30 00:00"}},
			{"every 7 seconds", "1969-12-31 23:59:58", {"1970-01-01 00:00", "1970-01-01 00:00:07"}},
		},
		Berlin());
	CheckInstants({{"every hour", "2026-11-20 10:10", {"2026-11-20 11:00"}}}, Kolkata());
}

TEST(Schedule, DaysAndWeeksBeginAtMidnightOfTheZone)
{
	CheckInstants(
		{
			{"every day", "2026-03-28 12:00", {"2026-03-28 23:00", "2026-03-29 22:00", "2026-03-30 22:00"}},
			{"every day", "2026-10-24 22:00", {"2026-10-25 23:00"}},
			// 2026-11-21 is 20,778 days after 1970-01-01.
			{"every 2 days", "2026-11-18 23:00", {"2026-11-20 23:00", "2026-11-22 23:00"}},
			{"every week", "2026-11-20 00:00", {"2026-11-22 23:00", "2026-11-29 23:00"}},
			{"every 2 weeks", "2026-11-01 00:00", {"2026-11-08 23:00", "2026-11-22 23:00"}},
		},
		Berlin());
	CheckInstants({{"every day", "1969-12-30 12:00", {"1969-12-31 00:00", "1970-01-01 00:00"}},
				   {"every 3 days", "1969-12-28 12:00", {"1969-12-29 00:00", "1970-01-01 00:00", "1970-01-04 00:00"}},
				   {"every week", "1969-12-28 12:00", {"1969-12-29 00:00", "1970-01-05 00:00"}}},
				  Utc());
	// Midnight comes twice and is due once; the day that never was is due with the next one.
	CheckInstants({{"every day", "2010-11-06 12:00", {"2010-11-07 02:30", "2010-11-08 03:30"}},
				   {"every day", "2010-11-07 02:45", {"2010-11-08 03:30"}}},
				  SaintJohns());
	CheckInstants({{"every day", "2011-12-28 12:00", {"2011-12-29 10:00", "2011-12-30 10:00", "2011-12-31 10:00"}}},
				  Apia());
}

TEST(Schedule, CronIsBeneath)
{
	CheckInstants({{"0 2 * * *", "2026-11-20 00:00", {"2026-11-20 02:00"}},
				   {"*/20 * * * * *", "2026-11-20 00:00", {"2026-11-20 00:00:20"}}},
				  Utc());
	EXPECT_NE(Schedule::Parse("0 2 * * *").AsCron(), nullptr);
	EXPECT_EQ(Schedule::Parse("every day").AsCron(), nullptr);
	for (int64_t const far : {INT64_MIN, INT64_MAX}) {
		EXPECT_FALSE(Schedule::Parse("every second").NextAfter(far, Utc()).has_value());
		EXPECT_FALSE(Schedule::Parse("every day").NextAfter(far, Utc()).has_value());
	}
}

TEST(Schedule, RefusesWithAHint)
{
	struct {
		std::string text;
		const char *told;
	} const cases[] = {
		{"every", "as in \"every 30 seconds\""},
		{"every 5", "as in \"every 30 seconds\""},
		{"every 0 minutes", "as in \"every 30 seconds\""},
		{"every -5 minutes", "as in \"every 30 seconds\""},
		{"every 1.5 hours", "as in \"every 30 seconds\""},
		{"every 99999999999 seconds", "as in \"every 30 seconds\""},
		{"every hour minute", "as in \"every 30 seconds\""},
		{"every 5 minuets", "Perhaps you meant \"minutes\"."},
		{"every month", "@monthly"},
		{"every 2 years", "@yearly"},
		{"every quarter", "make_schedule"},
		{"every day at 02:00", "make_schedule('day', '02:00')"},
		{"every 1 day 12 hours", "every 36 hours"},
		{"every 12 hours 1 day", "every 36 hours"},
		{"every 4000 days", "at most 3660 days"},
		{"every 2147483647 weeks", "at most 3660 days"},
		{"every " + std::string(500, '1'), "at most 200 characters"},
		{"everyday", "six with the second first"},
		{"* * *", "every 15 minutes"},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.text);
		try {
			Schedule::Parse(c.text);
			ADD_FAILURE() << "accepted";
		} catch (const Error &error) {
			EXPECT_EQ(error.State(), sqlstate::kInvalidParameterValue);
			EXPECT_NE(error.Info().hint.find(c.told), std::string::npos) << error.Info().hint;
		}
	}
}

} // namespace
} // namespace sluice::test
