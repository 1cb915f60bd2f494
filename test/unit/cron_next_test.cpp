#include <gtest/gtest.h>

#include "core/cron.hpp"
#include "core/local_time.hpp"
#include "fake_zone.hpp"

namespace sluice::test {
namespace {

struct NextCase {
	const char *schedule;
	const char *after;				// UTC
	std::vector<const char *> next; // UTC, one after the other
};

void
Check(const std::vector<NextCase> &cases, const Zone &zone)
{
	for (const NextCase &c : cases) {
		SCOPED_TRACE(std::string(c.schedule) + " after " + c.after);
		Cron const cron = Cron::Parse(c.schedule);
		int64_t at = Parse(c.after);
		for (const char *const expected : c.next) {
			std::optional<int64_t> const next = cron.NextAfter(at, zone);
			ASSERT_TRUE(next.has_value());
			EXPECT_EQ(Show(*next), expected);
			at = *next;
		}
	}
}

TEST(CronNext, Calendar)
{
	Check(
		{
			{"* * * * *", "2026-11-20 10:00", {"2026-11-20 10:01", "2026-11-20 10:02"}},
			{"* * * * *", "2026-11-20 10:00:01", {"2026-11-20 10:01"}},
			{"0 2 * * *", "2026-11-20 01:59:59", {"2026-11-20 02:00", "2026-11-21 02:00"}},
			{"0 2 * * *", "2026-11-20 02:00", {"2026-11-21 02:00"}},
			{"59 23 31 12 *", "2026-11-20 00:00", {"2026-12-31 23:59", "2027-12-31 23:59"}},
			{"*/15 * * * *", "2026-12-31 23:44", {"2026-12-31 23:45", "2027-01-01 00:00"}},
			{"30 9-17/4 * * MON-FRI",
			 "2026-11-20 13:00", // a Friday
			 {"2026-11-20 13:30", "2026-11-20 17:30", "2026-11-23 09:30"}},
			{"0 0 31 * *", "2026-01-31 00:00", {"2026-03-31 00:00", "2026-05-31 00:00", "2026-07-31 00:00"}},
			{"0 0 29 2 *", "2026-01-01 00:00", {"2028-02-29 00:00", "2032-02-29 00:00"}},
			{"0 0 29 2 *", "2096-03-01 00:00", {"2104-02-29 00:00"}},
			{"0 0 28-31 2 *", "2027-02-28 00:00", {"2028-02-28 00:00", "2028-02-29 00:00", "2029-02-28 00:00"}},
			{"0 0 * * 7", "2026-11-20 00:00", {"2026-11-22 00:00", "2026-11-29 00:00"}},
			{"0 22-2 * * *",
			 "2026-11-20 21:00",
			 {"2026-11-20 22:00", "2026-11-20 23:00", "2026-11-21 00:00", "2026-11-21 01:00", "2026-11-21 02:00",
			  "2026-11-21 22:00"}},
			{"5 * 1 NOV-JAN *", "2026-12-01 22:30", {"2026-12-01 23:05", "2027-01-01 00:05"}},
			{"0 0 1 1 *", "1969-06-01 00:00", {"1970-01-01 00:00"}},
			{"30 12 * * *", "1969-12-30 12:30", {"1969-12-31 12:30", "1970-01-01 12:30"}},
			{"10,50 5 * * *", "2026-11-20 05:20", {"2026-11-20 05:50", "2026-11-21 05:10"}},
		},
		Utc());
}

TEST(CronNext, EitherDayFieldWhenBothAreRestricted)
{
	Check(
		{
			// 2026-11-13 is a Friday.
			{"0 0 13 * FRI", "2026-11-06 00:00", {"2026-11-13 00:00", "2026-11-20 00:00"}},
			{"0 0 15 * FRI", "2026-11-13 00:00", {"2026-11-15 00:00", "2026-11-20 00:00"}},
			{"0 0 1-31 * FRI", "2026-11-13 00:00", {"2026-11-14 00:00"}},
			{"0 0 */10 * FRI", "2026-11-13 00:00", {"2026-11-20 00:00", "2026-11-21 00:00"}},
			{"0 0 * * FRI", "2026-11-13 00:00", {"2026-11-20 00:00"}},
			{"0 0 30 2 MON", "2026-02-24 00:00", {"2027-02-01 00:00"}},
		},
		Utc());
}

TEST(CronNext, NothingWhenItNeverHappens)
{
	for (const char *const text : {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "* * 30 2 *", "*/5 * 31 4 *"}) {
		EXPECT_FALSE(Cron::Parse(text).NextAfter(At(2026, 11, 20), Utc()).has_value()) << text;
		EXPECT_FALSE(Cron::Parse(text).NextAfter(At(2026, 11, 20), Berlin()).has_value()) << text;
	}
	for (int64_t const far : {INT64_MIN, INT64_MAX, int64_t{10'000'000'000'001}}) {
		EXPECT_FALSE(Cron::Parse("* * * * *").NextAfter(far, Utc()).has_value());
	}
	EXPECT_TRUE(Cron::Parse("0 0 29 2 *").NextAfter(-10'000'000'000'000, Utc()).has_value());
	EXPECT_TRUE(Cron::Parse("0 * 29 2 *").NextAfter(9'224'318'015'999, Utc()).has_value());
}

TEST(CronNext, NamedHoursAreOnceADayWhateverTheClockDoes)
{
	Check(
		{
			// The gap of 29 March: 02:00 to 03:00.
			{"30 2 * * *", "2026-03-28 01:30", {"2026-03-29 01:00", "2026-03-30 00:30"}},
			{"0 2 * * *", "2026-03-28 01:00", {"2026-03-29 01:00", "2026-03-30 00:00"}},
			{"*/15 2 * * *", "2026-03-28 12:00", {"2026-03-29 01:00", "2026-03-30 00:00", "2026-03-30 00:15"}},
			{"0 2,3 * * *", "2026-03-28 12:00", {"2026-03-29 01:00", "2026-03-30 00:00"}},
			{"0 3 * * *", "2026-03-28 12:00", {"2026-03-29 01:00"}},
			{"30 2 29 3 *", "2026-01-01 00:00", {"2026-03-29 01:00"}},
			{"59 1 * * *", "2026-03-28 12:00", {"2026-03-29 00:59"}},
			// The fold of 25 October: 02:00 to 03:00 twice.
			{"30 2 * * *", "2026-10-24 12:00", {"2026-10-25 00:30", "2026-10-26 01:30"}},
			{"30 2 * * *", "2026-10-25 00:30", {"2026-10-26 01:30"}},
			{"30 2 * * *", "2026-10-25 01:00", {"2026-10-26 01:30"}}, // asked between the two
			{"*/30 1-3 * * *",
			 "2026-10-24 23:00",
			 {"2026-10-24 23:30", "2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 02:00", "2026-10-25 02:30"}},
			{"0 2-23 * * *", "2026-10-24 23:00", {"2026-10-25 00:00", "2026-10-25 02:00"}},
		},
		Berlin());
	Check(
		{
			{"30 2 * * *", "2026-03-08 00:00", {"2026-03-08 07:00", "2026-03-09 06:30"}},
			{"30 1 * * *", "2026-11-01 00:00", {"2026-11-01 05:30", "2026-11-02 06:30"}},
			{"0 0 * * SUN", "2026-10-26 00:00", {"2026-11-01 04:00", "2026-11-08 05:00"}},
		},
		NewYork());
	Check(
		{
			{"15 2 * * *", "2026-10-02 20:00", {"2026-10-03 15:30", "2026-10-04 15:15"}},
			{"45 1 * * *", "2026-04-04 00:00", {"2026-04-04 14:45", "2026-04-05 15:15"}},
		},
		LordHowe());
	Check({{"0 12 30 12 *", "2011-01-01 00:00", {"2011-12-30 10:00", "2012-12-29 22:00"}}}, Apia());
}

TEST(CronNext, EveryHourFollowsElapsedTime)
{
	Check(
		{
			{"30 * * * *", "2026-03-29 00:00", {"2026-03-29 00:30", "2026-03-29 01:30"}},
			{"0 * * * *", "2026-03-29 00:00", {"2026-03-29 01:00", "2026-03-29 02:00"}},
			{"*/15 * * * *", "2026-03-29 00:45", {"2026-03-29 01:00", "2026-03-29 01:15"}},
			{"30 0-23 * * *",
			 "2026-10-24 23:30",
			 {"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30", "2026-10-25 03:30"}},
			{"30 */1 * * *", "2026-10-25 00:30", {"2026-10-25 01:30"}},
			{"* * * * *", "2026-10-25 00:59", {"2026-10-25 01:00", "2026-10-25 01:01"}},
			// Sunday has 25 hours here, Saturday begins at 22:00 UTC.
			{"0 * * * 1", "2026-10-24 00:00", {"2026-10-25 23:00", "2026-10-26 00:00"}},
			{"0 * 25 10 *", "2026-01-01 00:00", {"2026-10-24 22:00"}},
			{"0 * 25 10 *", "2026-10-25 22:00", {"2027-10-24 23:00"}},
		},
		Berlin());
	Check(
		{
			{"0 * * * *", "2026-04-04 14:00", {"2026-04-04 15:30", "2026-04-04 16:30"}},
			{"45 * * * *", "2026-04-04 14:00", {"2026-04-04 14:45", "2026-04-04 15:15"}},
			{"0 * * * *", "2026-10-03 14:30", {"2026-10-03 16:00"}},
		},
		LordHowe());
	Check({{"30 * * * *", "2026-11-20 10:00", {"2026-11-20 11:00", "2026-11-20 12:00"}}}, Kolkata());
	// The 6th comes back after one minute of the 7th.
	Check({{"59 * 6 11 *", "2010-11-07 02:00", {"2010-11-07 02:29", "2010-11-07 03:29", "2011-11-06 04:29"}},
		   {"30 * 6 11 *", "2010-11-07 02:30", {"2010-11-07 03:00"}}},
		  SaintJohns());
	// There was no 30 December.
	Check({{"0 * 30 12 *", "2011-12-29 00:00", {"2012-12-29 10:00"}}}, Apia());
}

// What the schedule means, minute by minute; Cron must agree with it everywhere.
std::optional<int64_t>
NextByTrying(const CronFields &fields, int64_t utc, const Zone &zone, int64_t until)
{
	auto const matches = [&fields](int64_t local) {
		CivilDate const date = CivilFromDays(FloorDivide(local, kDaySeconds));
		int const weekday = WeekdayFromDays(FloorDivide(local, kDaySeconds));
		int64_t const rest = FloorModulo(local, kDaySeconds);
		bool const day = ((fields.days >> date.day) & 1) != 0;
		bool const of_week = ((fields.weekdays >> weekday) & 1) != 0;
		bool const due_day = fields.days_restricted && fields.weekdays_restricted ? day || of_week : day && of_week;
		return due_day && ((fields.months >> date.month) & 1) != 0 && ((fields.hours >> (rest / 3600)) & 1) != 0 &&
			   ((fields.minutes >> (rest % 3600 / 60)) & 1) != 0 && rest % 60 == 0;
	};
	bool const every_hour = fields.hours == (uint32_t{1} << 24) - 1;
	for (int64_t at = utc + 1; at < until; ++at) {
		int64_t const local = LocalFromUtc(at, zone);
		int64_t const before = LocalFromUtc(at - 1, zone);
		if (matches(local) && (every_hour || ResolveLocal(local, zone).first == at)) {
			return at;
		}
		for (int64_t lost = before + 1; !every_hour && lost < local; ++lost) {
			if (matches(lost)) {
				return at;
			}
		}
	}
	return std::nullopt;
}

TEST(CronNext, AgreesWithTryingEverySecondAroundEveryChange)
{
	const char *const schedules[] = {"* * * * *",	 "*/7 * * * *",		"30 * * * *",  "0 2 * * *",
									 "30 2 * * *",	 "15,45 1-3 * * *", "0 */2 * * *", "*/20 0,23 * * *",
									 "1 0 * * *",	 "5 * * * SUN",		"5 3 * * 6,0", "0 * 29 3 *",
									 "30 1 25 10 0", "59 23 28-31 * *"};
	struct {
		FakeZone zone;
		int64_t change;
	} const changes[] = {{Berlin(), At(2026, 3, 29, 1)},   {Berlin(), At(2026, 10, 25, 1)},
						 {NewYork(), At(2026, 3, 8, 7)},   {NewYork(), At(2026, 11, 1, 6)},
						 {LordHowe(), At(2026, 4, 4, 15)}, {LordHowe(), At(2026, 10, 3, 15, 30)},
						 {Apia(), At(2011, 12, 30, 10)},   {SaintJohns(), At(2010, 11, 7, 2, 31)}};
	for (const auto &change : changes) {
		for (const char *const text : schedules) {
			Cron const cron = Cron::Parse(text);
			int64_t const until = change.change + 2 * kDaySeconds;
			int64_t at = change.change - 7 * kHourSeconds;
			while (std::optional<int64_t> const expected = NextByTrying(cron.Fields(), at, change.zone, until)) {
				std::optional<int64_t> const next = cron.NextAfter(at, change.zone);
				ASSERT_TRUE(next.has_value());
				ASSERT_EQ(Show(*next), Show(*expected)) << text << " after " << Show(at);
				at = *expected;
			}
		}
	}
}

} // namespace
} // namespace sluice::test
