// The wizard: a schedule for those who do not write cron. Pure C++.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct ScheduleWish {
	// minute, 5, 10, 15 or 30 minutes, hour, day, weekday, week, month, quarter, year
	std::string_view every;
	// "hh:mm:ss", with a fraction of a second or without: of the day, the hour or the stretch of minutes
	std::string_view at;
	std::optional<std::vector<std::string>> on_days; // of the week, by name
	std::optional<int> day_of_month;				 // -1: the last
};

// A schedule that core/schedule.hpp parses and describes. Throws Error 22023.
std::string MakeSchedule(const ScheduleWish &wish);

// Whether some months (quarters, years) have no such day and are passed over.
bool PassesOverMonths(const ScheduleWish &wish);

} // namespace sluice
