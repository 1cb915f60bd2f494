#include "core/every.hpp"

#include <array>

#include "core/ascii.hpp"
#include "core/civil.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/local_time.hpp"
#include "core/nearest.hpp"
#include "core/sqlstate.hpp"

namespace sluice {

namespace {

constexpr std::string_view kEveryWord = "every";
constexpr int64_t kWeekDays = 7;
// 1970-01-05 was a Monday.
constexpr int64_t kFirstMonday = 4;
constexpr int64_t kMaxDays = 3660;
constexpr size_t kMaxIntervalLength = 200;

struct IntervalUnit {
	std::string_view name;
	int64_t seconds;
};

constexpr std::array<IntervalUnit, 20> kIntervalUnits = {{
	{"second", 1},	{"seconds", 1},	 {"sec", 1},   {"secs", 1},		 {"s", 1},
	{"minute", 60}, {"minutes", 60}, {"min", 60},  {"mins", 60},	 {"m", 60},
	{"hour", 3600}, {"hours", 3600}, {"hr", 3600}, {"hrs", 3600},	 {"h", 3600},
	{"day", 86400}, {"days", 86400}, {"d", 86400}, {"week", 604800}, {"weeks", 604800},
}};

constexpr std::string_view kHint =
	"An interval is a number of seconds, minutes, hours, days or weeks, as in \"every 30 seconds\", \"every 15 "
	"minutes\", \"every hour\".";

[[noreturn]] void
Fail(std::string_view schedule, std::string hint)
{
	throw Error(sqlstate::kInvalidParameterValue, Format("invalid schedule \"{}\"", Trim(schedule)), std::move(hint));
}

const IntervalUnit &
FindUnit(std::string_view schedule, std::string_view word)
{
	const auto *const unit =
		std::find_if(kIntervalUnits.begin(), kIntervalUnits.end(),
					 [word](const IntervalUnit &each) { return EqualsIgnoringCase(each.name, word); });
	if (unit != kIntervalUnits.end()) {
		return *unit;
	}
	std::string const lowered = Lowered(word);
	if (lowered.starts_with("month") || lowered.starts_with("quarter") || lowered.starts_with("year")) {
		Fail(schedule, "Months and years have no fixed length: use cron, as in \"0 0 1 * *\", or @monthly or @yearly; "
					   "make_schedule writes the cron of a month, a quarter or a year.");
	}
	if (lowered == "at" || lowered == "on") {
		Fail(schedule, "An interval has no time of day and no days: use cron, as in \"0 2 * * *\", or let "
					   "make_schedule write it, as in make_schedule('day', '02:00').");
	}
	std::array<std::string_view, kIntervalUnits.size()> names;
	std::transform(kIntervalUnits.begin(), kIntervalUnits.end(), names.begin(),
				   [](const IntervalUnit &each) { return each.name; });
	std::optional<std::string> const nearest = word.size() > 2 ? Nearest(word, names) : std::nullopt;
	Fail(schedule, nearest ? Format("Perhaps you meant \"{}\".", *nearest) : std::string(kHint));
}

// Takes leading characters that fit, then blanks.
std::string_view
TakeWhile(std::string_view *rest, bool (*fits)(char))
{
	size_t const length = static_cast<size_t>(std::find_if_not(rest->begin(), rest->end(), fits) - rest->begin());
	std::string_view const word = rest->substr(0, length);
	*rest = Trim(rest->substr(length));
	return word;
}

bool
IsWordPart(char c)
{
	return !IsDigit(c) && !IsBlank(c);
}

} // namespace

bool
Every::Recognizes(std::string_view text)
{
	std::string_view const trimmed = Trim(text);
	return EqualsIgnoringCase(trimmed.substr(0, kEveryWord.size()), kEveryWord) &&
		   (trimmed.size() == kEveryWord.size() || IsBlank(trimmed[kEveryWord.size()]));
}

Every
Every::Parse(std::string_view text)
{
	std::string_view rest = Trim(Trim(text).substr(kEveryWord.size()));
	if (rest.size() > kMaxIntervalLength) {
		throw Error(sqlstate::kInvalidParameterValue, "schedule is too long",
					Format("An interval has at most {} characters.", kMaxIntervalLength));
	}
	if (rest.empty()) {
		Fail(text, std::string(kHint));
	}
	int64_t seconds = 0;
	bool calendar = false;
	bool first = true;
	bool only_weeks = true;
	while (!rest.empty()) {
		std::string_view const digits = TakeWhile(&rest, IsDigit);
		// Only "every hour" goes without a number.
		std::optional<int> const count = digits.empty() && first ? std::optional<int>(1) : ParseDigits(digits);
		std::string_view const word = TakeWhile(&rest, IsWordPart);
		const IntervalUnit &unit = FindUnit(text, word);
		if (!count || *count < 1) {
			Fail(text, std::string(kHint));
		}
		if (!first && calendar != (unit.seconds >= kDaySeconds)) {
			Fail(text, "Days follow the calendar, hours do not: write it in one of both, as in \"every 36 hours\".");
		}
		calendar = unit.seconds >= kDaySeconds;
		only_weeks = only_weeks && unit.seconds == kWeekDays * kDaySeconds;
		// Neither can overflow: a count is an int, and the sum is bounded at every step.
		seconds += *count * unit.seconds;
		if (seconds > kMaxDays * kDaySeconds) {
			Fail(text, Format("An interval is at most {} days long.", kMaxDays));
		}
		first = false;
	}
	if (!calendar) {
		return Every(Kind::Elapsed, seconds);
	}
	return only_weeks ? Every(Kind::Weeks, seconds / kDaySeconds / kWeekDays)
					  : Every(Kind::Days, seconds / kDaySeconds);
}

int64_t
Every::NextAfter(int64_t utc, const Zone &zone) const
{
	if (kind_ == Kind::Elapsed) {
		return (FloorDivide(utc, length_) + 1) * length_;
	}
	int64_t const anchor = kind_ == Kind::Weeks ? kFirstMonday : 0;
	int64_t const step = kind_ == Kind::Weeks ? length_ * kWeekDays : length_;
	int64_t const today = FloorDivide(LocalFromUtc(utc, zone), kDaySeconds);
	// Today's midnight lies ahead only where the clock has just been put back over it; then it was due already.
	int64_t day = FloorDivide(today - anchor, step) * step + anchor;
	for (;;) {
		int64_t const due = ResolveLocal(day * kDaySeconds, zone).first;
		if (due > utc) {
			return due;
		}
		day += step;
	}
}

std::string
Every::Describe() const
{
	auto const counted = [this](int64_t unit, std::string_view name) {
		return length_ == unit ? Format("every {}", name) : Format("every {} {}s", length_ / unit, name);
	};
	switch (kind_) {
	case Kind::Days:
		return counted(1, "day") + " at 00:00";
	case Kind::Weeks:
		return counted(1, "week") + " on Monday at 00:00";
	case Kind::Elapsed:
		break;
	}
	if (length_ % kHourSeconds == 0) {
		return counted(kHourSeconds, "hour");
	}
	return length_ % kMinuteSeconds == 0 ? counted(kMinuteSeconds, "minute") : counted(1, "second");
}

} // namespace sluice
