// What a pipeline's `schedule` may say: cron (core/cron.hpp) or an interval (core/every.hpp). Pure C++.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/cron.hpp"
#include "core/every.hpp"

namespace sluice {

class Schedule {
public:
	// Throws Error 22023 with a hint.
	static Schedule Parse(std::string_view text, ScheduleText whose = ScheduleText::Given);

	// The first due instant after this one, both in seconds since 1970-01-01 00:00 UTC; nothing when there is
	// none within fifty years.
	std::optional<int64_t> NextAfter(int64_t utc, const Zone &zone) const;

	// In plain English: "every day at 02:00", "every 15 minutes".
	std::string Describe() const;

	// Null: an interval.
	const Cron *AsCron() const { return std::get_if<Cron>(&rule_); }

private:
	explicit Schedule(const Cron &cron) : rule_(cron) {}
	explicit Schedule(const Every &every) : rule_(every) {}

	std::variant<Cron, Every> rule_;
};

} // namespace sluice
