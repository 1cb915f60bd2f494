#include "core/make_schedule.hpp"

#include <array>

#include "core/ascii.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/nearest.hpp"
#include "core/sqlstate.hpp"

namespace sluice {

namespace {

enum class Span {
	Minutes,
	Hour,
	Day,
	Weekday,
	Week,
	Months, // month, quarter, year
};

struct Period {
	std::string_view name;
	Span span;
	int minutes;				   // Minutes
	std::string_view first_months; // Months: of each period the first and the last
	std::string_view last_months;
};

constexpr std::array<Period, 12> kPeriods = {{
	{"minute", Span::Minutes, 1, "", ""},
	{"5 minutes", Span::Minutes, 5, "", ""},
	{"10 minutes", Span::Minutes, 10, "", ""},
	{"15 minutes", Span::Minutes, 15, "", ""},
	{"30 minutes", Span::Minutes, 30, "", ""},
	{"hour", Span::Hour, 60, "", ""},
	{"day", Span::Day, 0, "", ""},
	{"weekday", Span::Weekday, 0, "", ""},
	{"week", Span::Week, 0, "", ""},
	{"month", Span::Months, 0, "*", "*"},
	{"quarter", Span::Months, 0, "1,4,7,10", "3,6,9,12"},
	{"year", Span::Months, 0, "1", "12"},
}};

struct Weekday {
	std::string_view name;
	std::string_view cron;
};

constexpr std::array<Weekday, 7> kDaysOfWeek = {{
	{"monday", "MON"},
	{"tuesday", "TUE"},
	{"wednesday", "WED"},
	{"thursday", "THU"},
	{"friday", "FRI"},
	{"saturday", "SAT"},
	{"sunday", "SUN"},
}};

[[noreturn]] void
Refuse(std::string message, std::string hint)
{
	throw Error(sqlstate::kInvalidParameterValue, std::move(message), std::move(hint));
}

const Period &
FindPeriod(std::string_view every)
{
	std::string_view const wanted = Trim(every);
	const auto *const found = std::find_if(kPeriods.begin(), kPeriods.end(), [wanted](const Period &period) {
		return EqualsIgnoringCase(period.name, wanted);
	});
	if (found != kPeriods.end()) {
		return *found;
	}
	std::array<std::string_view, kPeriods.size()> names;
	std::transform(kPeriods.begin(), kPeriods.end(), names.begin(), [](const Period &period) { return period.name; });
	// Of two numbers none is a typing error.
	bool const is_number = !wanted.empty() && IsDigit(wanted.front());
	std::optional<std::string> const nearest = is_number ? std::nullopt : Nearest(wanted, names);
	Refuse(Format("invalid value for every: \"{}\"", every),
		   Format("{}It can be {}; any other interval is a schedule as it stands, such as \"every 20 minutes\".",
				  nearest ? Format("Perhaps you meant \"{}\". ", *nearest) : std::string(),
				  Join(std::vector<std::string>(names.begin(), names.end()), ", ")));
}

struct TimeOfDay {
	int hour;
	int minute;
	int second;
};

// What the type time prints: digits stand where they must.
TimeOfDay
ParseClock(std::string_view at)
{
	auto const part = [at](size_t from) {
		return at.size() >= from + 2 ? ParseDigits(at.substr(from, 2)).value_or(-1) : -1;
	};
	TimeOfDay const clock = {part(0), part(3), at.size() > 5 ? part(6) : 0};
	bool const whole = at.size() <= 8 || at.find_first_not_of("0.", 8) == std::string_view::npos;
	if (!whole) {
		Refuse(Format("invalid value for at: \"{}\"", at), "A schedule knows whole seconds.");
	}
	// The type time has a 24:00.
	if (clock.hour < 0 || clock.hour > 23 || clock.minute < 0 || clock.minute > 59 || clock.second < 0 ||
		clock.second > 59) {
		Refuse(Format("invalid value for at: \"{}\"", at), "It is a time of day from 00:00 to 23:59:59.");
	}
	return clock;
}

// A time of day makes no sense for what runs more often than once a day; what it says of the hour does.
void
CheckOffset(const Period &period, const TimeOfDay &clock)
{
	if (period.minutes == 0 || (clock.hour == 0 && clock.minute < period.minutes)) {
		return;
	}
	Refuse(Format("invalid value for at: \"{:02}:{:02}\" with every {}", clock.hour, clock.minute, period.name),
		   period.minutes == 1
			   ? std::string("Every minute has no time of day; only its seconds can be given, as in '00:00:30'.")
			   : Format("Say how far into each {} it runs, less than that: '00:00' to '00:{:02}'.", period.name,
						period.minutes - 1));
}

std::string
WeekdayList(const std::optional<std::vector<std::string>> &on_days)
{
	if (!on_days) {
		return "MON";
	}
	std::array<bool, kDaysOfWeek.size()> chosen = {};
	for (const std::string &day : *on_days) {
		std::string_view const wanted = Trim(day);
		const auto *const found = std::find_if(kDaysOfWeek.begin(), kDaysOfWeek.end(), [wanted](const Weekday &each) {
			return EqualsIgnoringCase(each.name, wanted) || EqualsIgnoringCase(each.cron, wanted);
		});
		if (found == kDaysOfWeek.end()) {
			std::array<std::string_view, kDaysOfWeek.size()> names;
			std::transform(kDaysOfWeek.begin(), kDaysOfWeek.end(), names.begin(),
						   [](const Weekday &w) { return w.name; });
			std::optional<std::string> const nearest = Nearest(wanted, names);
			Refuse(Format("invalid value for on_days: \"{}\"", day),
				   nearest ? Format("Perhaps you meant \"{}\".", *nearest)
						   : std::string("Name days of the week, as in '{monday,friday}' or '{mon,fri}'."));
		}
		chosen[static_cast<size_t>(found - kDaysOfWeek.begin())] = true;
	}
	std::vector<std::string> list;
	for (size_t i = 0; i < kDaysOfWeek.size(); ++i) {
		if (chosen[i]) {
			list.emplace_back(kDaysOfWeek[i].cron);
		}
	}
	if (list.empty()) {
		Refuse("on_days must not be empty", "Name days of the week, as in '{monday,friday}', or leave it out: Monday.");
	}
	return Join(list, ",");
}

// Arguments that another period takes would be ignored silently.
void
CheckArguments(const Period &period, const ScheduleWish &wish)
{
	if (wish.on_days && period.span != Span::Week) {
		Refuse(Format("on_days does not go with every {}", period.name),
			   "Only every => 'week' runs on days of the week.");
	}
	if (wish.day_of_month && period.span != Span::Months) {
		Refuse(Format("day_of_month does not go with every {}", period.name),
			   "Only month, quarter and year have a day of the month.");
	}
	if (wish.day_of_month && *wish.day_of_month != -1 && (*wish.day_of_month < 1 || *wish.day_of_month > 31)) {
		Refuse(Format("invalid value for day_of_month: {}", *wish.day_of_month),
			   "It is a day from 1 to 31, or -1 for the last day of the month.");
	}
}

std::string
MinutesField(const Period &period, const TimeOfDay &clock)
{
	if (period.minutes == 1) {
		return "*";
	}
	return clock.minute == 0 ? Format("*/{}", period.minutes) : Format("{}-59/{}", clock.minute, period.minutes);
}

} // namespace

std::string
MakeSchedule(const ScheduleWish &wish)
{
	const Period &period = FindPeriod(wish.every);
	TimeOfDay const clock = ParseClock(wish.at);
	CheckArguments(period, wish);
	CheckOffset(period, clock);
	std::string const time_of_day = Format("{} {}", clock.minute, clock.hour);
	std::string text;
	switch (period.span) {
	case Span::Minutes:
		text = MinutesField(period, clock) + " * * * *";
		break;
	case Span::Hour:
		text = Format("{} * * * *", clock.minute);
		break;
	case Span::Day:
		text = time_of_day + " * * *";
		break;
	case Span::Weekday:
		text = time_of_day + " * * MON-FRI";
		break;
	case Span::Week:
		text = Format("{} * * {}", time_of_day, WeekdayList(wish.on_days));
		break;
	case Span::Months:
		text = wish.day_of_month == -1
				   ? Format("{} L {} *", time_of_day, period.last_months)
				   : Format("{} {} {} *", time_of_day, wish.day_of_month.value_or(1), period.first_months);
		break;
	}
	return clock.second == 0 ? text : Format("{} {}", clock.second, text);
}

bool
PassesOverMonths(const ScheduleWish &wish)
{
	const Period &period = FindPeriod(wish.every);
	// The first months of the quarters have 31 days but April; of years, January has them.
	int const shortest = period.first_months == "*" ? 28 : period.first_months == "1" ? 31 : 30;
	return period.span == Span::Months && wish.day_of_month.value_or(1) > shortest;
}

} // namespace sluice
