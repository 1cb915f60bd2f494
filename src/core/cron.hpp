// Cron schedules: five fields, or six with the second first, evaluated in a time zone. Pure C++.
//
// Daylight saving time: a wall-clock time that does not exist is due once, right after the gap; one that
// happens twice is due at the first. A schedule that names no hours is due at every instant whose wall time
// fits instead: in both hours of the autumn, and nothing is made up for in spring.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/cron_field.hpp"
#include "core/zone.hpp"

namespace sluice {

// One bit a value; weekdays from 0 = Sunday.
struct CronFields {
	uint64_t seconds = 1; // five fields: second 0
	uint64_t minutes = 0;
	uint32_t hours = 0;
	uint32_t days = 0;
	uint32_t months = 0;
	uint32_t weekdays = 0;
	CronSpecialDays special;
	// Written as what begins with anything but '*', as in cron. When both day fields name days, a day is due that one
	// of them names; else one that fits both.
	bool names_days = false;
	bool names_weekdays = false;
	bool names_hours = false; // and not all of them

	bool operator==(const CronFields &) const = default;
};

class Cron {
public:
	// Throws Error 22023; the hint names the field, its text and what it may hold. Refuses what is never due, too.
	static Cron Parse(std::string_view text, ScheduleText whose = ScheduleText::Given);

	// The first due instant after this one; nothing when it is more than fifty years away.
	std::optional<int64_t> NextAfter(int64_t utc, const Zone &zone) const;

	// In plain English: "every day at 02:00".
	std::string Describe() const;

	const CronFields &Fields() const { return fields_; }

private:
	explicit Cron(const CronFields &fields) : fields_(fields) {}
	bool IsEverDue() const;

	CronFields fields_;
};

} // namespace sluice
