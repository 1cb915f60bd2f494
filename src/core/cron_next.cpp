// Where a schedule is due next. Days are found on the calendar, month by month; only then does the clock
// come in.
#include <algorithm>
#include <bit>

#include "core/civil.hpp"
#include "core/cron.hpp"
#include "core/local_time.hpp"

namespace sluice {

namespace {

// The longest gap of a schedule that is ever due is 40 years: February has five Mondays in 2072, then in 2112.
constexpr int64_t kMaxYearsAhead = 50;
// What TimestampTz can hold lies well within; beyond, calendar arithmetic would have to mind overflow.
constexpr int64_t kMaxInstant = 10'000'000'000'000;
// No offset change moves the wall clock by more.
constexpr int64_t kLargestShift = 26 * kHourSeconds;

// The lowest value >= from in a set of bits; nothing when there is none.
template <typename Bits>
std::optional<int>
LowestFrom(Bits bits, int from)
{
	if (from >= static_cast<int>(sizeof(Bits) * 8)) {
		return std::nullopt;
	}
	Bits const rest = bits & (~Bits{0} << from);
	return rest == 0 ? std::nullopt : std::optional<int>(std::countr_zero(rest));
}

// One month, as the day fields look at it.
struct MonthShape {
	int last;		   // its number of days
	int first_weekday; // of its day 1

	int WeekdayOf(int day) const { return (first_weekday + day - 1) % 7; }
	uint32_t All() const { return ((uint32_t{1} << last) - 1) << 1; }
};

// The Monday to Friday of the same month that is nearest to a day of it.
int
NearestWorkday(const MonthShape &month, int day)
{
	switch (month.WeekdayOf(day)) {
	case 6:
		return day > 1 ? day - 1 : day + 2;
	case 0:
		return day < month.last ? day + 1 : day - 2;
	default:
		return day;
	}
}

// What the day-of-month field says.
uint32_t
DueByDay(const CronFields &fields, const MonthShape &month)
{
	uint32_t due = fields.days & month.All();
	if (!fields.special.OfMonth()) {
		return due;
	}
	for (int day = 1; day <= month.last; ++day) {
		due |= ((fields.special.from_end >> (month.last - day)) & 1) << day;
		if (((fields.special.nearest_workdays >> day) & 1) != 0) {
			due |= uint32_t{1} << NearestWorkday(month, day);
		}
	}
	if (fields.special.last_workday) {
		int const weekday = month.WeekdayOf(month.last);
		due |= uint32_t{1} << (month.last - (weekday == 6 ? 1 : weekday == 0 ? 2 : 0));
	}
	return due;
}

// What the day-of-week field says.
uint32_t
DueByWeekday(const CronFields &fields, const MonthShape &month)
{
	uint32_t due = 0;
	for (int day = 1; day <= month.last; ++day) {
		auto const weekday = static_cast<size_t>(month.WeekdayOf(day));
		unsigned const nth = fields.special.nth[weekday];
		bool const is_due = ((fields.weekdays >> weekday) & 1) != 0 || ((nth >> ((day + 6) / 7)) & 1) != 0 ||
							((nth & 1) != 0 && day + 7 > month.last);
		due |= uint32_t{is_due} << day;
	}
	return due;
}

// The days of one month on which the schedule is due, as bits 1 to 31.
uint32_t
DueDays(const CronFields &fields, const MonthShape &shape)
{
	uint32_t const by_day = DueByDay(fields, shape);
	uint32_t const by_weekday = DueByWeekday(fields, shape);
	return fields.names_days && fields.names_weekdays ? by_day | by_weekday : by_day & by_weekday;
}

uint32_t
DueDays(const CronFields &fields, int64_t year, int month)
{
	return DueDays(fields, {DaysInMonth(year, month), WeekdayFromDays(DaysFromCivil({year, month, 1}))});
}

// The first due day on or after this one, as days since 1970-01-01.
std::optional<int64_t>
NextDay(const CronFields &fields, int64_t from, int64_t last_year)
{
	CivilDate date = CivilFromDays(from);
	while (date.year <= last_year) {
		std::optional<int> const month = LowestFrom(fields.months, date.month);
		if (!month) {
			date = {date.year + 1, 1, 1};
			continue;
		}
		if (*month != date.month) {
			date = {date.year, *month, 1};
		}
		if (std::optional<int> const day = LowestFrom(DueDays(fields, date.year, date.month), date.day)) {
			return DaysFromCivil({date.year, date.month, *day});
		}
		date = date.month == 12 ? CivilDate{date.year + 1, 1, 1} : CivilDate{date.year, date.month + 1, 1};
	}
	return std::nullopt;
}

// The first due second of an hour at or after this second of it.
std::optional<int>
NextInHour(const CronFields &fields, int second_of_hour)
{
	int const from_minute = second_of_hour / 60;
	if (((fields.minutes >> from_minute) & 1) != 0) {
		if (std::optional<int> const second = LowestFrom(fields.seconds, second_of_hour % 60)) {
			return from_minute * 60 + *second;
		}
	}
	std::optional<int> const minute = LowestFrom(fields.minutes, from_minute + 1);
	return minute ? std::optional<int>(*minute * 60 + std::countr_zero(fields.seconds)) : std::nullopt;
}

// The first due second of a day at or after this second of it.
std::optional<int64_t>
NextInDay(const CronFields &fields, int64_t second_of_day)
{
	int const from_hour = static_cast<int>(second_of_day / kHourSeconds);
	if (((fields.hours >> from_hour) & 1) != 0) {
		if (std::optional<int> const due = NextInHour(fields, static_cast<int>(second_of_day % kHourSeconds))) {
			return from_hour * kHourSeconds + *due;
		}
	}
	std::optional<int> const hour = LowestFrom(fields.hours, from_hour + 1);
	std::optional<int> const due = hour ? NextInHour(fields, 0) : std::nullopt;
	return due ? std::optional<int64_t>(*hour * kHourSeconds + *due) : std::nullopt;
}

// The first due second of the wall clock at or after this one.
std::optional<int64_t>
NextLocal(const CronFields &fields, int64_t local, int64_t last_year)
{
	int64_t const today = FloorDivide(local, kDaySeconds);
	std::optional<int64_t> day = NextDay(fields, today, last_year);
	std::optional<int64_t> due =
		day ? NextInDay(fields, *day == today ? local - today * kDaySeconds : 0) : std::nullopt;
	if (day && !due) {
		day = NextDay(fields, today + 1, last_year);
		due = NextInDay(fields, 0);
	}
	return day && due ? std::optional<int64_t>(*day * kDaySeconds + *due) : std::nullopt;
}

// Schedules that name hours: each once a day.
std::optional<int64_t>
NextOfNamedHours(const CronFields &fields, int64_t utc, const Zone &zone, int64_t last_year)
{
	int64_t local = LocalFromUtc(utc, zone) + 1;
	for (;;) {
		std::optional<int64_t> const due = NextLocal(fields, local, last_year);
		if (!due) {
			return std::nullopt;
		}
		LocalResolution const resolution = ResolveLocal(*due, zone);
		if (resolution.first > utc) {
			return resolution.first;
		}
		local = *due + 1;
		// In the repeated hour nothing is due: all of it was, the first time.
		if (resolution.kind == LocalKind::Ambiguous) {
			int64_t const back = FindTransition(resolution.first, resolution.second, zone);
			local = std::max(local, LocalFromUtc(back - 1, zone) + 1);
		}
	}
}

// The first due second in [from, to), between which the offset does not change, nor the hour.
std::optional<int64_t>
NextInStretch(const CronFields &fields, int64_t from, int64_t to, int offset)
{
	if (((fields.hours >> (FloorModulo(from + offset, kDaySeconds) / kHourSeconds)) & 1) == 0) {
		return std::nullopt;
	}
	int64_t const second_of_hour = FloorModulo(from + offset, kHourSeconds);
	std::optional<int> const due = NextInHour(fields, static_cast<int>(second_of_hour));
	return due && from + *due - second_of_hour < to ? std::optional<int64_t>(from + *due - second_of_hour)
													: std::nullopt;
}

bool
IsDueDay(const CronFields &fields, int64_t day)
{
	CivilDate const date = CivilFromDays(day);
	return ((fields.months >> date.month) & 1) != 0 && ((DueDays(fields, date.year, date.month) >> date.day) & 1) != 0;
}

// All others: every instant whose wall time fits, hour after hour, leaping over days that are not due.
std::optional<int64_t>
NextThatFits(const CronFields &fields, int64_t utc, const Zone &zone, int64_t last_year)
{
	int64_t at = utc + 1;
	for (;;) {
		int const offset = zone.OffsetAt(at);
		int64_t const local = at + offset;
		int64_t const today = FloorDivide(local, kDaySeconds);
		// From yesterday on: clocks that go back at midnight bring the end of yesterday a second time.
		std::optional<int64_t> const day = NextDay(fields, today - 1, last_year);
		if (!day) {
			return std::nullopt;
		}
		int64_t const leap = *day * kDaySeconds - offset - kLargestShift;
		if (leap > at) {
			at = leap;
			continue;
		}
		int64_t to = at + kHourSeconds - FloorModulo(local, kHourSeconds);
		if (zone.OffsetAt(to - 1) != offset) {
			to = FindTransition(at, to - 1, zone);
		}
		if (IsDueDay(fields, today)) {
			if (std::optional<int64_t> const due = NextInStretch(fields, at, to, offset)) {
				return due;
			}
		}
		at = to;
	}
}

} // namespace

// Each month, with 29 days as well if it is February, begins with each weekday in some year.
bool
Cron::IsEverDue() const
{
	constexpr int64_t kLeapYear = 2024;
	for (int month = 1; month <= 12; ++month) {
		if (((fields_.months >> month) & 1) == 0) {
			continue;
		}
		for (int first_weekday = 0; first_weekday < 7; ++first_weekday) {
			if (DueDays(fields_, {DaysInMonth(kLeapYear, month), first_weekday}) != 0 ||
				DueDays(fields_, {DaysInMonth(kLeapYear + 1, month), first_weekday}) != 0) {
				return true;
			}
		}
	}
	return false;
}

std::optional<int64_t>
Cron::NextAfter(int64_t utc, const Zone &zone) const
{
	if (utc < -kMaxInstant || utc > kMaxInstant) {
		return std::nullopt;
	}
	int64_t const today = FloorDivide(LocalFromUtc(utc, zone), kDaySeconds);
	int64_t const last_year = CivilFromDays(today).year + kMaxYearsAhead;
	return fields_.names_hours ? NextOfNamedHours(fields_, utc, zone, last_year)
							   : NextThatFits(fields_, utc, zone, last_year);
}

} // namespace sluice
