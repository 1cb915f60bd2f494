#include "core/local_time.hpp"

#include <gtest/gtest.h>

#include "fake_zone.hpp"

namespace sluice::test {
namespace {

TEST(Civil, RoundTripsEveryDayOfFourCenturies)
{
	CivilDate expected = {1899, 12, 31};
	for (int64_t day = DaysFromCivil({1900, 1, 1}); day < DaysFromCivil({2300, 1, 1}); ++day) {
		++expected.day;
		if (expected.day > DaysInMonth(expected.year, expected.month)) {
			expected.day = 1;
			++expected.month;
		}
		if (expected.month == 13) {
			expected = {expected.year + 1, 1, 1};
		}
		CivilDate const date = CivilFromDays(day);
		ASSERT_EQ(date.year, expected.year);
		ASSERT_EQ(date.month, expected.month);
		ASSERT_EQ(date.day, expected.day);
		ASSERT_EQ(DaysFromCivil(date), day);
	}
}

TEST(Civil, KnowsTheEpochAndWeekdays)
{
	EXPECT_EQ(DaysFromCivil({1970, 1, 1}), 0);
	EXPECT_EQ(WeekdayFromDays(0), 4);
	EXPECT_EQ(WeekdayFromDays(DaysFromCivil({2026, 11, 20})), 5);
	EXPECT_EQ(WeekdayFromDays(DaysFromCivil({1969, 12, 28})), 0);
	EXPECT_EQ(FloorDivide(-1, 60), -1);
	EXPECT_EQ(FloorModulo(-1, 60), 59);
	EXPECT_EQ(FloorDivide(-60, 60), -1);
}

struct ResolveCase {
	const char *name;
	FakeZone zone;
	const char *local;
	LocalKind kind;
	const char *first;
	const char *second;
};

TEST(ResolveLocal, TellsUniqueAmbiguousAndGap)
{
	ResolveCase const cases[] = {
		{"utc", Utc(), "2026-05-01 12:00", LocalKind::Unique, "2026-05-01 12:00", "2026-05-01 12:00"},
		{"winter", Berlin(), "2026-01-01 12:00", LocalKind::Unique, "2026-01-01 11:00", "2026-01-01 11:00"},
		{"summer", Berlin(), "2026-07-01 12:00", LocalKind::Unique, "2026-07-01 10:00", "2026-07-01 10:00"},
		{"last before gap", Berlin(), "2026-03-29 01:59:59", LocalKind::Unique, "2026-03-29 00:59:59",
		 "2026-03-29 00:59:59"},
		{"gap starts", Berlin(), "2026-03-29 02:00", LocalKind::Gap, "2026-03-29 01:00", "2026-03-29 01:00"},
		{"gap ends", Berlin(), "2026-03-29 02:59:59", LocalKind::Gap, "2026-03-29 01:00", "2026-03-29 01:00"},
		{"after gap", Berlin(), "2026-03-29 03:00", LocalKind::Unique, "2026-03-29 01:00", "2026-03-29 01:00"},
		{"last before fold", Berlin(), "2026-10-25 01:59:59", LocalKind::Unique, "2026-10-24 23:59:59",
		 "2026-10-24 23:59:59"},
		{"fold starts", Berlin(), "2026-10-25 02:00", LocalKind::Ambiguous, "2026-10-25 00:00", "2026-10-25 01:00"},
		{"fold ends", Berlin(), "2026-10-25 02:59:59", LocalKind::Ambiguous, "2026-10-25 00:59:59",
		 "2026-10-25 01:59:59"},
		{"after fold", Berlin(), "2026-10-25 03:00", LocalKind::Unique, "2026-10-25 02:00", "2026-10-25 02:00"},
		{"west of utc: gap", NewYork(), "2026-03-08 02:30", LocalKind::Gap, "2026-03-08 07:00", "2026-03-08 07:00"},
		{"west of utc: fold", NewYork(), "2026-11-01 01:30", LocalKind::Ambiguous, "2026-11-01 05:30",
		 "2026-11-01 06:30"},
		{"half hours", Kolkata(), "2026-01-01 00:00", LocalKind::Unique, "2025-12-31 18:30", "2025-12-31 18:30"},
		{"half-hour gap", LordHowe(), "2026-10-04 02:15", LocalKind::Gap, "2026-10-03 15:30", "2026-10-03 15:30"},
		{"half-hour fold", LordHowe(), "2026-04-05 01:45", LocalKind::Ambiguous, "2026-04-04 14:45",
		 "2026-04-04 15:15"},
		{"a day that never was", Apia(), "2011-12-30 12:00", LocalKind::Gap, "2011-12-30 10:00", "2011-12-30 10:00"},
	};
	for (const ResolveCase &c : cases) {
		SCOPED_TRACE(c.name);
		LocalResolution const resolution = ResolveLocal(Parse(c.local), c.zone);
		EXPECT_EQ(resolution.kind, c.kind);
		EXPECT_EQ(Show(resolution.first), c.first);
		EXPECT_EQ(Show(resolution.second), c.second);
	}
}

TEST(ResolveLocal, FindsATimeBetweenTwoChangesOfOneDay)
{
	// Summer time for ten hours: the offsets a day before and after say nothing about it.
	FakeZone const zone(0, {{At(2026, 5, 1, 6), 3600}, {At(2026, 5, 1, 16), 0}});
	LocalResolution const resolution = ResolveLocal(At(2026, 5, 1, 6, 30), zone);
	EXPECT_EQ(resolution.kind, LocalKind::Gap);
	EXPECT_EQ(Show(resolution.first), "2026-05-01 06:00");
}

TEST(FindTransition, FindsTheFirstInstantOfTheNewOffset)
{
	EXPECT_EQ(Show(FindTransition(At(2026, 3, 1), At(2026, 4, 1), Berlin())), "2026-03-29 01:00");
	EXPECT_EQ(LocalFromUtc(At(2026, 3, 29, 1), Berlin()), At(2026, 3, 29, 3));
}

} // namespace
} // namespace sluice::test
