// A schedule in plain English: a phrase for the clock, a phrase for the calendar, and a few idioms for what
// nearly everybody writes.
#include <algorithm>
#include <array>
#include <bit>
#include <iterator>

#include "core/civil.hpp"
#include "core/cron.hpp"
#include "core/cron_words.hpp"

namespace sluice {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",	   "April",
													  "May",	   "June",	   "July",	   "August",
													  "September", "October",  "November", "December"};
// From Monday, so that a weekend is one run.
constexpr std::array<std::string_view, 7> kWeekdays = {"Monday", "Tuesday",	 "Wednesday", "Thursday",
													   "Friday", "Saturday", "Sunday"};

constexpr uint32_t kAllDays = ~uint32_t{0} << 1;
constexpr uint32_t kAllMonths = ((uint32_t{1} << 12) - 1) << 1;
constexpr uint32_t kAllWeekdays = (uint32_t{1} << 7) - 1;
constexpr int kLastDayOfEveryMonth = 28;

Enumerated
Months(uint32_t months)
{
	return Enumerate(
		months >> 1, [](int month) { return kMonths[static_cast<size_t>(month)]; }, " and ", kMonths.size());
}

// "of January and July", "of every month from November to February", "of every month"
std::string
OfMonths(uint32_t months)
{
	if (months == kAllMonths) {
		return "of every month";
	}
	Enumerated const list = Months(months);
	return (list.one_run ? "of every month from " : "of ") + list.text;
}

// " in January and July", " from April to September", nothing for all
std::string
InMonths(uint32_t months)
{
	if (months == kAllMonths) {
		return {};
	}
	Enumerated const list = Months(months);
	return (list.one_run ? " from " : " in ") + list.text;
}

Enumerated
Weekdays(uint32_t weekdays, std::string_view before_last = " and ")
{
	uint32_t const from_monday = (weekdays >> 1) | ((weekdays & 1) << 6);
	return Enumerate(
		from_monday, [](int weekday) { return kWeekdays[static_cast<size_t>(weekday)]; }, before_last,
		kWeekdays.size());
}

// "the last day", "the day before the last", "the 3rd day before the last"
std::string
DayFromEnd(int before)
{
	if (before < 2) {
		return before == 0 ? "the last day" : "the day before the last";
	}
	return Format("the {} day before the last", Ordinal(before));
}

// What the day-of-month field says, in the order of the month: "day 1, the weekday nearest to day 15 and the last day"
std::string
DaysText(const CronFields &fields)
{
	std::vector<std::string> items;
	uint64_t days = fields.days;
	auto const add_days_until = [&items, &days](int day) {
		uint64_t const until = days & ((uint64_t{2} << day) - 1);
		if (until != 0) {
			items.push_back(Counted("day", until));
		}
		days &= ~until;
	};
	for (int const day : Members(fields.special.nearest_workdays)) {
		add_days_until(day);
		items.push_back(Format("the weekday nearest to day {}", day));
	}
	add_days_until(31);
	uint32_t const before_last = fields.special.from_end & ~uint32_t{1};
	std::vector<int> const from_end = Members(before_last);
	std::transform(from_end.rbegin(), from_end.rend(), std::back_inserter(items), DayFromEnd);
	if (fields.special.last_workday) {
		items.emplace_back("the last weekday");
	}
	if (fields.special.from_end != before_last) {
		items.push_back(DayFromEnd(0));
	}
	return JoinWithAnd(items);
}

constexpr std::array<std::string_view, 6> kOrdinals = {"first", "second", "third", "fourth", "fifth", "last"};

// What FRI#2 and FRIL say, in the order of the month: "the first and last Friday", "the first Monday and the last
// Friday"
std::string
NthWeekdaysText(const CronFields &fields)
{
	std::array<std::vector<std::string>, kWeekdays.size()> ordinals;
	std::vector<std::string> items;
	for (size_t n = 1; n <= kOrdinals.size(); ++n) {
		for (size_t i = 0; i < kWeekdays.size(); ++i) {
			unsigned const nth = fields.special.nth[(i + 1) % 7];
			if (((nth >> (n % kOrdinals.size())) & 1) != 0) {
				ordinals[i].emplace_back(kOrdinals[n - 1]);
				items.push_back(Format("the {} {}", kOrdinals[n - 1], kWeekdays[i]));
			}
		}
	}
	auto const *const only = std::find_if(ordinals.begin(), ordinals.end(),
										  [&items](const auto &of_one) { return of_one.size() == items.size(); });
	return only != ordinals.end() ? Format("the {} {}", JoinWithAnd(*only), kWeekdays[only - ordinals.begin()])
								  : JoinWithAnd(items);
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

// The weekday that a day must be as well: "Monday or Wednesday or the second Friday"
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

// What happens where a month lacks a day that is named: nothing is moved to another one.
std::string
ShortMonths(const CronFields &fields, const DayFields &said)
{
	int longest_needed = 0;
	if (said.days && fields.names_days) {
		longest_needed = std::max(63 - std::countl_zero(uint64_t{fields.days} | 1),
								  63 - std::countl_zero(uint64_t{fields.special.nearest_workdays} | 1));
		// L-30 is a day of long months only.
		longest_needed = std::max(longest_needed, 64 - std::countl_zero(uint64_t{fields.special.from_end}));
	}
	bool const fifth =
		said.weekdays && fields.names_weekdays &&
		std::any_of(fields.special.nth.begin(), fields.special.nth.end(), [](uint8_t nth) { return (nth & 32) != 0; });
	bool lacks = fifth;
	for (int month = 1; month <= 12; ++month) {
		int const shortest = month == 2 ? kLastDayOfEveryMonth : DaysInMonth(2024, month);
		lacks = lacks || (((fields.months >> month) & 1) != 0 && longest_needed > shortest);
	}
	return !lacks								? std::string()
		   : std::has_single_bit(fields.months) ? ", passing over years without such a day"
												: ", passing over months without such a day";
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
	std::string const short_months = ShortMonths(fields_, said);
	bool const one_kind = dates.back() != ',';
	if (one_kind && !clock.repeats && fields_.months == kAllMonths) {
		return Format("every month on {} {}{}", dates, clock.text, short_months);
	}
	if (one_kind && said.days && !clock.repeats && !fields_.special.OfMonth() && std::has_single_bit(fields_.months) &&
		std::has_single_bit(fields_.days)) {
		return Format("every {} on {} {} {}", short_months.empty() ? "year" : "leap year",
					  std::countr_zero(fields_.days),
					  kMonths[static_cast<size_t>(std::countr_zero(fields_.months) - 1)], clock.text);
	}
	return Format("{} on {} {}{}", clock.text, dates, OfMonths(fields_.months), short_months);
}

} // namespace sluice
