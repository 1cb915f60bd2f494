// Cron schedules: five fields, or six with the second first, evaluated in a time zone. Pure C++.
//
// Daylight saving time: a wall-clock time that does not exist is due once, right after the gap; one that
// happens twice is due at the first. A schedule whose hour field covers every hour follows elapsed time
// instead: both hours of the autumn are due, and nothing is caught up in spring.
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
	// Written as anything but '*': then a day is due when either field says so.
	bool days_restricted = false;
	bool weekdays_restricted = false;

	bool operator==(const CronFields &) const = default;
};

class Cron {
public:
	// Throws Error 22023; the hint names the field, its text and what it may hold.
	static Cron Parse(std::string_view text);

	// The first due instant after this one; nothing when there is none (30 February) or it is more than
	// fifty years away.
	std::optional<int64_t> NextAfter(int64_t utc, const Zone &zone) const;

	// In plain English: "every day at 02:00".
	std::string Describe() const;

	const CronFields &Fields() const { return fields_; }

private:
	explicit Cron(const CronFields &fields) : fields_(fields) {}

	CronFields fields_;
};

} // namespace sluice
