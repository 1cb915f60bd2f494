#include "core/schedule.hpp"

namespace sluice {

namespace {

// What TimestampTz can hold lies well within; beyond, calendar arithmetic would have to mind overflow.
constexpr int64_t kMaxInstant = 10'000'000'000'000;

} // namespace

Schedule
Schedule::Parse(std::string_view text, ScheduleText whose)
{
	return Every::Recognizes(text) ? Schedule(Every::Parse(text)) : Schedule(Cron::Parse(text, whose));
}

std::optional<int64_t>
Schedule::NextAfter(int64_t utc, const Zone &zone) const
{
	if (utc < -kMaxInstant || utc > kMaxInstant) {
		return std::nullopt;
	}
	if (const Cron *const cron = AsCron()) {
		return cron->NextAfter(utc, zone);
	}
	return std::get<Every>(rule_).NextAfter(utc, zone);
}

std::string
Schedule::Describe() const
{
	return std::visit([](const auto &rule) { return rule.Describe(); }, rule_);
}

} // namespace sluice
