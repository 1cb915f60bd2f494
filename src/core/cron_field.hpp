// One field of a cron schedule: from text to sets of bits. Pure C++.
#pragma once

#include <string_view>

#include "core/cron.hpp"

namespace sluice {

// In the order in which they are written.
enum class CronField {
	Second,
	Minute,
	Hour,
	Day,
	Month,
	Weekday,
};

struct CronFieldValues {
	uint64_t bits = 0;
	CronSpecialDays special;
	bool restricted = true; // anything but '*'
};

// schedule: the whole text, for messages. Throws Error 22023.
CronFieldValues ParseCronField(CronField field, std::string_view text, std::string_view schedule);

} // namespace sluice
