// A schedule in plain English: a phrase for the clock, a phrase for the calendar, and a few idioms for what
// nearly everybody writes.
#include <array>
#include <bit>
#include <vector>

#include "core/cron.hpp"
#include "core/format.hpp"

namespace sluice {

namespace {

constexpr std::array<std::string_view, 13> kMonths = {"",		 "January",	 "February", "March",  "April",
													  "May",	 "June",	 "July",	 "August", "September",
													  "October", "November", "December"};
// From Monday, so that a weekend is one run.
constexpr std::array<std::string_view, 7> kWeekdays = {"Monday", "Tuesday",	 "Wednesday", "Thursday",
													   "Friday", "Saturday", "Sunday"};

constexpr uint64_t kAllMinutes = (uint64_t{1} << 60) - 1;
constexpr uint32_t kAllHours = (uint32_t{1} << 24) - 1;
constexpr uint32_t kAllDays = ~uint32_t{0} << 1;
constexpr uint32_t kAllMonths = ((uint32_t{1} << 12) - 1) << 1;
constexpr uint32_t kAllWeekdays = (uint32_t{1} << 7) - 1;
constexpr size_t kMaxListedTimes = 8;

std::vector<int>
Members(uint64_t bits)
{
	std::vector<int> members;
	for (; bits != 0; bits &= bits - 1) {
		members.push_back(std::countr_zero(bits));
	}
	return members;
}

// The distance between neighbours when it is the same for all; else 0.
int
CommonStep(const std::vector<int> &values)
{
	if (values.size() < 2) {
		return 0;
	}
	int const step = values[1] - values[0];
	for (size_t i = 2; i < values.size(); ++i) {
		if (values[i] - values[i - 1] != step) {
			return 0;
		}
	}
	return step;
}

std::string
JoinWithAnd(const std::vector<std::string> &items)
{
	std::string text;
	for (size_t i = 0; i < items.size(); ++i) {
		if (i > 0) {
			text += i + 1 == items.size() ? " and " : ", ";
		}
		text += items[i];
	}
	return text;
}

struct Enumerated {
	std::string text; // "1, 4 to 7 and 9"
	size_t members;
	bool one_run; // "4 to 7" and nothing else
};

// Runs of three and more are told as "first to last".
template <typename NameOf>
Enumerated
Enumerate(uint64_t bits, NameOf name_of)
{
	std::vector<int> const members = Members(bits);
	std::vector<std::string> items;
	bool has_run = false;
	for (size_t i = 0; i < members.size();) {
		size_t end = i + 1;
		while (end < members.size() && members[end] == members[end - 1] + 1) {
			++end;
		}
		if (end - i >= 3) {
			items.push_back(Format("{} to {}", name_of(members[i]), name_of(members[end - 1])));
			has_run = true;
			i = end;
		} else {
			items.push_back(Format("{}", name_of(members[i])));
			++i;
		}
	}
	return {JoinWithAnd(items), members.size(), has_run && items.size() == 1};
}

int
Number(int value)
{
	return value;
}

std::string
Clock(int hour, int minute)
{
	return Format("{:02}:{:02}", hour, minute);
}

// "minute 5", "minutes 0, 7 and 10 to 20"
std::string
Counted(std::string_view noun, uint64_t bits)
{
	Enumerated const list = Enumerate(bits, Number);
	return Format("{}{} {}", noun, list.members == 1 ? "" : "s", list.text);
}

// The distance of minutes that divide the hour evenly from its start (60 for minute 0 alone); else 0.
int
MinuteGrid(const std::vector<int> &minutes)
{
	int const step = minutes.size() == 1 ? 60 : CommonStep(minutes);
	return minutes.front() == 0 && step * static_cast<int>(minutes.size()) == 60 ? step : 0;
}

std::string
EveryMinutes(int step)
{
	return step == 1 ? "every minute" : Format("every {} minutes", step);
}

std::string
EveryHours(int step)
{
	return step == 1 ? "every hour" : Format("every {} hours", step);
}

struct ClockPhrase {
	std::string text;
	bool repeats; // "every 15 minutes" rather than "at 02:00"
};

ClockPhrase
DescribeEveryHour(uint64_t bits, const std::vector<int> &minutes)
{
	int const grid = MinuteGrid(minutes);
	if (grid == 60) {
		return {"every hour", true};
	}
	if (grid != 0) {
		return {EveryMinutes(grid), true};
	}
	return {Format("at {} of every hour", Counted("minute", bits)), true};
}

ClockPhrase
DescribeClock(const CronFields &fields)
{
	std::vector<int> const minutes = Members(fields.minutes);
	std::vector<int> const hours = Members(fields.hours);
	if (fields.hours == kAllHours) {
		return DescribeEveryHour(fields.minutes, minutes);
	}
	int const hour_step = CommonStep(hours);
	if (minutes.size() == 1 && hours.size() >= 4 && hour_step != 0) {
		if (minutes.front() == 0 && hours.front() == 0 && hour_step * static_cast<int>(hours.size()) == 24) {
			return {EveryHours(hour_step), true};
		}
		return {Format("{} from {} to {}", EveryHours(hour_step), Clock(hours.front(), minutes.front()),
					   Clock(hours.back(), minutes.back())),
				true};
	}
	int const grid = MinuteGrid(minutes);
	if (minutes.size() > 1 && grid != 0 && (hours.size() == 1 || hour_step == 1)) {
		return {Format("{} from {} to {}", EveryMinutes(grid), Clock(hours.front(), 0),
					   Clock(hours.back(), minutes.back())),
				true};
	}
	if (minutes.size() == 1 || minutes.size() * hours.size() <= kMaxListedTimes) {
		std::vector<std::string> times;
		for (int const hour : hours) {
			for (int const minute : minutes) {
				times.push_back(Clock(hour, minute));
			}
		}
		return {"at " + JoinWithAnd(times), false};
	}
	std::string const minutes_text =
		fields.minutes == kAllMinutes ? "every minute" : "at " + Counted("minute", fields.minutes);
	return {Format("{} of the {}", minutes_text, Counted("hour", fields.hours)), true};
}

// "of January and July", "of every month from April to September", "of every month"
std::string
OfMonths(uint32_t months)
{
	if (months == kAllMonths) {
		return "of every month";
	}
	Enumerated const list = Enumerate(months, [](int month) { return kMonths[static_cast<size_t>(month)]; });
	return (list.one_run ? "of every month from " : "of ") + list.text;
}

// " in January and July", " from April to September", nothing for all
std::string
InMonths(uint32_t months)
{
	if (months == kAllMonths) {
		return {};
	}
	Enumerated const list = Enumerate(months, [](int month) { return kMonths[static_cast<size_t>(month)]; });
	return (list.one_run ? " from " : " in ") + list.text;
}

Enumerated
Weekdays(uint32_t weekdays)
{
	uint32_t const from_monday = (weekdays >> 1) | ((weekdays & 1) << 6);
	return Enumerate(from_monday, [](int weekday) { return kWeekdays[static_cast<size_t>(weekday)]; });
}

} // namespace

std::string
Cron::Describe() const
{
	ClockPhrase const clock = DescribeClock(fields_);
	bool const all_days = !fields_.days_restricted || fields_.days == kAllDays;
	bool const all_weekdays = !fields_.weekdays_restricted || fields_.weekdays == kAllWeekdays;
	bool const either = fields_.days_restricted && fields_.weekdays_restricted;
	if (either ? all_days || all_weekdays : all_days && all_weekdays) {
		std::string const months = InMonths(fields_.months);
		return clock.repeats ? clock.text + months : Format("every day{} {}", months, clock.text);
	}
	if (either) {
		return Format("{} on {} and on every {}, {}", clock.text, Counted("day", fields_.days),
					  Weekdays(fields_.weekdays).text, OfMonths(fields_.months));
	}
	if (fields_.weekdays_restricted) {
		Enumerated const weekdays = Weekdays(fields_.weekdays);
		return Format("{} {} {}{}", clock.text, weekdays.one_run ? "from" : "on", weekdays.text,
					  InMonths(fields_.months));
	}
	if (!clock.repeats && fields_.months == kAllMonths) {
		return Format("every month on {} {}", Counted("day", fields_.days), clock.text);
	}
	if (!clock.repeats && std::has_single_bit(fields_.months) && std::has_single_bit(fields_.days)) {
		return Format("every year on {} {} {}", std::countr_zero(fields_.days),
					  kMonths[static_cast<size_t>(std::countr_zero(fields_.months))], clock.text);
	}
	return Format("{} on {} {}", clock.text, Counted("day", fields_.days), OfMonths(fields_.months));
}

} // namespace sluice
