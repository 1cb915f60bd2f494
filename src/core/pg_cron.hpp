// Schedules of pg_cron's jobs as ours. Pure C++.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

struct FromPgCron {
	std::optional<std::string> schedule; // nothing: there is none that says the same
	std::string note;					 // what differs; '': nothing does
};

FromPgCron TranslatePgCron(std::string_view schedule);

} // namespace sluice
