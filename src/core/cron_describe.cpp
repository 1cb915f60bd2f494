// A schedule in plain English: a phrase for the clock, a phrase for the calendar, and a few idioms for what
// nearly everybody writes.
#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
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
JoinWith(std::string_view before_last, const std::vector<std::string> &items)
{
	std::string text;
	for (size_t i = 0; i < items.size(); ++i) {
		if (i > 0) {
			text += i + 1 == items.size() ? before_last : ", ";
		}
		text += items[i];
	}
	return text;
}

std::string
JoinWithAnd(const std::vector<std::string> &items)
{
	return JoinWith(" and ", items);
}

struct Enumerated {
	std::string text; // "1, 4 to 7 and 9"
	size_t members;
	bool one_run; // "4 to 7" and nothing else
};

// Runs of three and more are told as "first to last".
template <typename NameOf>
Enumerated
Enumerate(uint64_t bits, NameOf name_of, std::string_view before_last = " and ")
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
	return {JoinWith(before_last, items), members.size(), has_run && items.size() == 1};
}

int
Number(int value)
{
	return value;
}

std::string
Clock(int hour, int minute, int second = 0)
{
	return second == 0 ? Format("{:02}:{:02}", hour, minute) : Format("{:02}:{:02}:{:02}", hour, minute, second);
}

// "minute 5", "minutes 0, 7 and 10 to 20"
std::string
Counted(std::string_view noun, uint64_t bits)
{
	Enumerated const list = Enumerate(bits, Number);
	return Format("{}{} {}", noun, list.members == 1 ? "" : "s", list.text);
}

// The distance of minutes that divide the hour evenly (60 for one alone); else 0.
int
EvenStep(const std::vector<int> &minutes)
{
	int const step = minutes.size() == 1 ? 60 : CommonStep(minutes);
	return step * static_cast<int>(minutes.size()) == 60 ? step : 0;
}

// The same for minutes from the start of the hour on. Seconds of the minute too.
int
MinuteGrid(const std::vector<int> &minutes)
{
	return minutes.front() == 0 ? EvenStep(minutes) : 0;
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
	if (minutes.size() > 1 && EvenStep(minutes) != 0) {
		return {Format("{} from minute {} of the hour on", EveryMinutes(EvenStep(minutes)), minutes.front()), true};
	}
	return {Format("at {} of every hour", Counted("minute", bits)), true};
}

// Every combination, one by one.
ClockPhrase
ListTimes(const std::vector<int> &hours, const std::vector<int> &minutes, int second)
{
	std::vector<std::string> times;
	for (int const hour : hours) {
		for (int const minute : minutes) {
			times.push_back(Clock(hour, minute, second));
		}
	}
	return {"at " + JoinWithAnd(times), false};
}

ClockPhrase
DescribeMinutes(const CronFields &fields, const std::vector<int> &minutes, const std::vector<int> &hours)
{
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
		return ListTimes(hours, minutes, 0);
	}
	std::string const minutes_text =
		fields.minutes == kAllMinutes ? "every minute" : "at " + Counted("minute", fields.minutes);
	return {Format("{} of the {}", minutes_text, Counted("hour", fields.hours)), true};
}

// "every 10 seconds of minutes 0 and 30 of the hours 9 to 17"
ClockPhrase
DescribeSeconds(const CronFields &fields, const std::vector<int> &seconds)
{
	int const grid = seconds.size() == 1 ? 0 : MinuteGrid(seconds);
	std::string text = grid == 1   ? "every second"
					   : grid != 0 ? Format("every {} seconds", grid)
								   : "at " + Counted("second", fields.seconds);
	if (fields.minutes != kAllMinutes) {
		text += " of " + Counted("minute", fields.minutes);
	} else if (grid == 0) {
		text += " of every minute";
	}
	if (fields.hours != kAllHours) {
		text += " of the " + Counted("hour", fields.hours);
	} else if (fields.minutes != kAllMinutes) {
		text += " of every hour";
	}
	return {text, true};
}

ClockPhrase
DescribeClock(const CronFields &fields)
{
	std::vector<int> const seconds = Members(fields.seconds);
	std::vector<int> const minutes = Members(fields.minutes);
	std::vector<int> const hours = Members(fields.hours);
	if (fields.seconds == 1) {
		return DescribeMinutes(fields, minutes, hours);
	}
	if (seconds.size() == 1 && minutes.size() * hours.size() <= kMaxListedTimes) {
		return ListTimes(hours, minutes, seconds.front());
	}
	return DescribeSeconds(fields, seconds);
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
Weekdays(uint32_t weekdays, std::string_view before_last = " and ")
{
	uint32_t const from_monday = (weekdays >> 1) | ((weekdays & 1) << 6);
	return Enumerate(
		from_monday, [](int weekday) { return kWeekdays[static_cast<size_t>(weekday)]; }, before_last);
}

constexpr std::array<std::string_view, 6> kOrdinals = {"last", "first", "second", "third", "fourth", "fifth"};

// "the last day", "the day before the last", "the 3rd day before the last"
std::string
DayFromEnd(int before)
{
	if (before < 2) {
		return before == 0 ? "the last day" : "the day before the last";
	}
	bool const teens = before >= 11 && before <= 13;
	std::string_view const ending = teens			   ? "th"
									: before % 10 == 1 ? "st"
									: before % 10 == 2 ? "nd"
									: before % 10 == 3 ? "rd"
													   : "th";
	return Format("the {}{} day before the last", before, ending);
}

// What the day-of-month field says: "day 1 and the last day"
std::string
DaysText(const CronFields &fields)
{
	std::vector<std::string> items;
	if (fields.days != 0) {
		items.push_back(Counted("day", fields.days));
	}
	for (int const day : Members(fields.special.nearest_workdays)) {
		items.push_back(Format("the weekday nearest to day {}", day));
	}
	std::vector<int> const from_end = Members(fields.special.from_end);
	std::transform(from_end.rbegin(), from_end.rend(), std::back_inserter(items), DayFromEnd);
	if (fields.special.last_workday) {
		items.emplace_back("the last weekday");
	}
	return JoinWithAnd(items);
}

// What FRI#2 and FRIL say: "the second and last Friday"
std::string
NthWeekdaysText(const CronFields &fields)
{
	std::vector<std::string> items;
	for (size_t i = 0; i < kWeekdays.size(); ++i) {
		// "the last" comes last.
		std::vector<std::string> ordinals;
		unsigned const nth = fields.special.nth[(i + 1) % 7];
		for (int const n : Members(nth & ~1U)) {
			ordinals.emplace_back(kOrdinals[static_cast<size_t>(n)]);
		}
		if ((nth & 1) != 0) {
			ordinals.emplace_back(kOrdinals[0]);
		}
		if (!ordinals.empty()) {
			items.push_back(Format("the {} {}", JoinWithAnd(ordinals), kWeekdays[i]));
		}
	}
	return JoinWithAnd(items);
}

// What the day-of-week field says: "every Monday", "the second and last Friday"
std::vector<std::string>
WeekdayItems(const CronFields &fields)
{
	std::vector<std::string> items;
	if (fields.weekdays != 0) {
		items.push_back("every " + Weekdays(fields.weekdays).text);
	}
	if (fields.special.OfWeekdays()) {
		items.push_back(NthWeekdaysText(fields));
	}
	return items;
}

// The weekday that a day must be as well: "Monday, Wednesday or the second Friday"
std::string
WeekdayCondition(const CronFields &fields)
{
	std::vector<std::string> items;
	if (fields.weekdays != 0) {
		items.push_back(Weekdays(fields.weekdays, " or ").text);
	}
	if (fields.special.OfWeekdays()) {
		items.push_back(NthWeekdaysText(fields));
	}
	return JoinWith(" or ", items);
}

// Which of the two day fields say anything.
struct DayFields {
	bool days;
	bool weekdays;
};

// The days that only a calendar tells, without "on": "day 13 and on every Friday,"
std::string
DatesText(const CronFields &fields, const DayFields &said)
{
	bool const either = fields.names_days && fields.names_weekdays;
	if (said.days && said.weekdays && !either) {
		return fields.names_days
				   ? Format("{} if that is {},", DaysText(fields), WeekdayCondition(fields))
				   : Format("{} if that is one of {},", JoinWith(" and on ", WeekdayItems(fields)), DaysText(fields));
	}
	std::vector<std::string> items;
	if (said.days) {
		items.push_back(DaysText(fields));
	}
	if (said.weekdays) {
		std::vector<std::string> const weekdays = WeekdayItems(fields);
		items.insert(items.end(), weekdays.begin(), weekdays.end());
	}
	std::string text;
	for (const std::string &item : items) {
		text += text.empty() ? "" : " and on ";
		text += item;
	}
	return items.size() > 1 ? text + "," : text;
}

} // namespace

std::string
Cron::Describe() const
{
	ClockPhrase const clock = DescribeClock(fields_);
	DayFields said = {fields_.days != kAllDays, fields_.weekdays != kAllWeekdays};
	// One of both that names every day leaves nothing to the other.
	if (fields_.names_days && fields_.names_weekdays && !(said.days && said.weekdays)) {
		said = {false, false};
	}
	if (!said.days && !said.weekdays) {
		std::string const months = InMonths(fields_.months);
		return clock.repeats ? clock.text + months : Format("every day{} {}", months, clock.text);
	}
	if (!said.days && !fields_.special.OfWeekdays()) {
		Enumerated const weekdays = Weekdays(fields_.weekdays);
		return Format("{} {} {}{}", clock.text, weekdays.one_run ? "from" : "on", weekdays.text,
					  InMonths(fields_.months));
	}
	std::string const dates = DatesText(fields_, said);
	bool const one_kind = dates.back() != ',';
	if (one_kind && !clock.repeats && fields_.months == kAllMonths) {
		return Format("every month on {} {}", dates, clock.text);
	}
	if (one_kind && said.days && !clock.repeats && !fields_.special.OfMonth() && std::has_single_bit(fields_.months) &&
		std::has_single_bit(fields_.days)) {
		return Format("every year on {} {} {}", std::countr_zero(fields_.days),
					  kMonths[static_cast<size_t>(std::countr_zero(fields_.months))], clock.text);
	}
	return Format("{} on {} {}", clock.text, dates, OfMonths(fields_.months));
}

} // namespace sluice
