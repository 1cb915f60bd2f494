// The proleptic Gregorian calendar on plain integers. A local time is a count of seconds since
// 1970-01-01 00:00 on the wall clock, so that all arithmetic stays in one type.
#pragma once

#include <cstdint>

namespace sluice {

inline constexpr int64_t kMinuteSeconds = 60;
inline constexpr int64_t kHourSeconds = 3600;
inline constexpr int64_t kDaySeconds = 86400;

struct CivilDate {
	int64_t year;
	int month; // 1 to 12
	int day;   // 1 to 31
};

constexpr int64_t
FloorDivide(int64_t value, int64_t divisor)
{
	return value / divisor - (value % divisor < 0 ? 1 : 0);
}

constexpr int64_t
FloorModulo(int64_t value, int64_t divisor)
{
	return value - FloorDivide(value, divisor) * divisor;
}

constexpr bool
IsLeapYear(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int
DaysInMonth(int64_t year, int month)
{
	if (month == 2) {
		return IsLeapYear(year) ? 29 : 28;
	}
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Days since 1970-01-01. Years are counted from March, so that the leap day is the last of its year.
constexpr int64_t
DaysFromCivil(const CivilDate &date)
{
	int64_t const year = date.month <= 2 ? date.year - 1 : date.year;
	int64_t const month_from_march = (date.month + 9) % 12;
	int64_t const day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
	return year * 365 + FloorDivide(year, 4) - FloorDivide(year, 100) + FloorDivide(year, 400) + day_of_year - 719468;
}

constexpr CivilDate
CivilFromDays(int64_t days)
{
	int64_t const shifted = days + 719468;
	int64_t const era = FloorDivide(shifted, 146097);
	int64_t const day_of_era = shifted - era * 146097;
	int64_t const year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t const day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t const month_from_march = (5 * day_of_year + 2) / 153;
	int const day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	int const month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

// 0 = Sunday.
constexpr int
WeekdayFromDays(int64_t days)
{
	return static_cast<int>(FloorModulo(days + 4, 7));
}

} // namespace sluice
