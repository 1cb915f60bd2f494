// Where a schedule is due next. Days are found on the calendar, month by month; only then does the clock
// come in.
#include <bit>

#include "core/civil.hpp"
#include "core/cron.hpp"
#include "core/local_time.hpp"

namespace sluice {

namespace {

// The longest gap of a five-field schedule that is ever due is 8 years (29 February around 2100).
constexpr int64_t kMaxYearsAhead = 50;
// What TimestampTz can hold lies well within; beyond, calendar arithmetic would have to mind overflow.
constexpr int64_t kMaxInstant = 10'000'000'000'000;
// No offset change moves the wall clock by more.
constexpr int64_t kLargestShift = 26 * kHourSeconds;

constexpr uint32_t kEveryHour = (uint32_t{1} << 24) - 1;

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

// The days of one month on which the schedule is due, as bits 1 to 31.
uint32_t
DueDays(const CronFields &fields, int64_t year, int month)
{
	uint32_t const all = ((uint32_t{1} << DaysInMonth(year, month)) - 1) << 1;
	if (!fields.weekdays_restricted) {
		return fields.days & all;
	}
	uint32_t by_weekday = 0;
	int const first = WeekdayFromDays(DaysFromCivil({year, month, 1}));
	for (int day = 1; day <= 31; ++day) {
		by_weekday |= ((fields.weekdays >> ((first + day - 1) % 7)) & 1) << day;
	}
	return (fields.days_restricted ? fields.days | by_weekday : by_weekday) & all;
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

// The first due minute of the wall clock at or after this one.
std::optional<int64_t>
NextLocal(const CronFields &fields, int64_t local, int64_t last_year)
{
	int64_t const today = FloorDivide(local, kDaySeconds);
	std::optional<int64_t> const day = NextDay(fields, today, last_year);
	if (!day) {
		return std::nullopt;
	}
	int hour = 0;
	int minute = 0;
	if (*day == today) {
		int64_t const second_of_day = local - today * kDaySeconds;
		hour = static_cast<int>(second_of_day / kHourSeconds);
		minute = static_cast<int>(second_of_day % kHourSeconds / kMinuteSeconds);
	}
	std::optional<int> due_hour = LowestFrom(fields.hours, hour);
	std::optional<int> due_minute =
		LowestFrom(fields.minutes, due_hour && *day == today && *due_hour == hour ? minute : 0);
	if (due_hour && !due_minute) {
		due_hour = LowestFrom(fields.hours, hour + 1);
		due_minute = LowestFrom(fields.minutes, 0);
	}
	if (!due_hour) {
		return NextLocal(fields, (*day + 1) * kDaySeconds, last_year);
	}
	return *day * kDaySeconds + *due_hour * kHourSeconds + *due_minute * kMinuteSeconds;
}

// Schedules that name hours: by the wall clock.
std::optional<int64_t>
NextByWallClock(const CronFields &fields, int64_t utc, const Zone &zone, int64_t last_year)
{
	int64_t local = FloorDivide(LocalFromUtc(utc, zone), kMinuteSeconds) * kMinuteSeconds;
	for (;;) {
		std::optional<int64_t> const due = NextLocal(fields, local, last_year);
		if (!due) {
			return std::nullopt;
		}
		// Not after utc: this minute itself, or, in the repeated hour, one that was due the first time.
		LocalResolution const resolution = ResolveLocal(*due, zone);
		if (resolution.first > utc) {
			return resolution.first;
		}
		local = *due + kMinuteSeconds;
	}
}

// The first due minute in [from, to), between which the offset does not change, nor the hour.
std::optional<int64_t>
NextInHour(const CronFields &fields, int64_t from, int64_t to, int offset)
{
	int64_t const local = from + offset;
	int64_t const hour_start = FloorDivide(local, kHourSeconds) * kHourSeconds;
	int64_t const minute_reached = FloorDivide(local - hour_start + kMinuteSeconds - 1, kMinuteSeconds);
	std::optional<int> const minute = LowestFrom(fields.minutes, static_cast<int>(minute_reached));
	if (!minute) {
		return std::nullopt;
	}
	int64_t const due = hour_start + *minute * kMinuteSeconds - offset;
	return due < to ? std::optional<int64_t>(due) : std::nullopt;
}

bool
IsDueDay(const CronFields &fields, int64_t day)
{
	CivilDate const date = CivilFromDays(day);
	return ((fields.months >> date.month) & 1) != 0 && ((DueDays(fields, date.year, date.month) >> date.day) & 1) != 0;
}

// Schedules of every hour: by elapsed time, hour after hour, leaping over days that are not due.
std::optional<int64_t>
NextByElapsedTime(const CronFields &fields, int64_t utc, const Zone &zone, int64_t last_year)
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
			if (std::optional<int64_t> const due = NextInHour(fields, at, to, offset)) {
				return due;
			}
		}
		at = to;
	}
}

} // namespace

std::optional<int64_t>
Cron::NextAfter(int64_t utc, const Zone &zone) const
{
	if (utc < -kMaxInstant || utc > kMaxInstant) {
		return std::nullopt;
	}
	int64_t const today = FloorDivide(LocalFromUtc(utc, zone), kDaySeconds);
	int64_t const last_year = CivilFromDays(today).year + kMaxYearsAhead;
	return fields_.hours == kEveryHour ? NextByElapsedTime(fields_, utc, zone, last_year)
									   : NextByWallClock(fields_, utc, zone, last_year);
}

} // namespace sluice
