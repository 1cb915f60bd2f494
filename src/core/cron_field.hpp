// One field of a cron schedule: from text to sets of bits. Pure C++.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice {

// Days that depend on how a month lies. A workday is a Monday to Friday.
struct CronSpecialDays {
	uint32_t from_end = 0;			 // bit n: n days before the last one: L is bit 0, L-3 bit 3
	uint32_t nearest_workdays = 0;	 // bit d: the workday of the month nearest to its day d: dW
	bool last_workday = false;		 // LW
	std::array<uint8_t, 7> nth = {}; // by weekday; bit n: its nth day in the month, FRI#n; bit 0: its last, FRIL

	bool operator==(const CronSpecialDays &) const = default;
	bool OfMonth() const { return from_end != 0 || nearest_workdays != 0 || last_workday; }
	bool OfWeekdays() const { return nth != std::array<uint8_t, 7>{}; }
};

// In the order in which they are written.
enum class CronField {
	Second,
	Minute,
	Hour,
	Day,
	Month,
	Weekday,
};

// Whose text it is. What a pipeline has from an older version is still understood, though it would be refused today.
enum class ScheduleText { Given, Stored };

struct CronFieldValues {
	uint64_t bits = 0;
	CronSpecialDays special;
	bool begins_with_star = false;
};

// schedule: the whole text, for messages. Throws Error 22023.
CronFieldValues ParseCronField(CronField field, std::string_view text, std::string_view schedule, ScheduleText whose);

} // namespace sluice
