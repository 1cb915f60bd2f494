// A schedule's time of day in plain English, with idioms for what nearly everybody writes.
#include "core/cron.hpp"
#include "core/cron_words.hpp"

namespace sluice {

namespace {

constexpr uint64_t kAllMinutes = (uint64_t{1} << 60) - 1;
constexpr uint32_t kAllHours = (uint32_t{1} << 24) - 1;
constexpr size_t kMaxListedTimes = 8;
constexpr size_t kMaxStretches = 3;

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
Clock(int hour, int minute, int second = 0)
{
	return second == 0 ? Format("{:02}:{:02}", hour, minute) : Format("{:02}:{:02}:{:02}", hour, minute, second);
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

// What the three fields hold.
struct ClockFields {
	const CronFields &fields;
	std::vector<int> seconds;
	std::vector<int> minutes;
	std::vector<int> hours;

	std::string First(int hour) const { return Clock(hour, minutes.front(), seconds.front()); }
	std::string Last(int hour) const { return Clock(hour, minutes.back(), seconds.back()); }
};

// The hours of what comes several times in each: "from 08:05 to 11:45 and from 20:05 to 20:45"
std::string
Stretches(const ClockFields &clock)
{
	std::vector<ValueRun> const runs = RunsOf(clock.fields.hours);
	std::vector<std::string> items;
	if (runs.size() <= kMaxStretches) {
		for (const ValueRun &run : runs) {
			items.push_back(Format("from {} to {}", clock.First(run.first), clock.Last(run.last)));
		}
		return JoinWithAnd(items);
	}
	if (int const step = CommonStep(clock.hours); step != 0) {
		return Format("of every {} hour from {} to {}", Ordinal(step), clock.First(clock.hours.front()),
					  clock.Last(clock.hours.back()));
	}
	for (int const hour : clock.hours) {
		items.push_back(Clock(hour, 0));
	}
	return "of the hours that begin at " + JoinWithAnd(items);
}

ClockPhrase
DescribeEveryHour(const ClockFields &clock)
{
	const std::vector<int> &minutes = clock.minutes;
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
	return {Format("at {} of every hour", Counted("minute", clock.fields.minutes)), true};
}

// Every combination, one by one.
ClockPhrase
ListTimes(const ClockFields &clock)
{
	std::vector<std::string> times;
	for (int const hour : clock.hours) {
		for (int const minute : clock.minutes) {
			times.push_back(Clock(hour, minute, clock.seconds.front()));
		}
	}
	return {"at " + JoinWithAnd(times), false};
}

ClockPhrase
DescribeMinutes(const ClockFields &clock)
{
	if (clock.fields.hours == kAllHours) {
		return DescribeEveryHour(clock);
	}
	const std::vector<int> &minutes = clock.minutes;
	const std::vector<int> &hours = clock.hours;
	int const hour_step = CommonStep(hours);
	if (minutes.size() == 1 && hours.size() >= 4 && hour_step != 0) {
		if (minutes.front() == 0 && hours.front() == 0 && hour_step * static_cast<int>(hours.size()) == 24) {
			return {EveryHours(hour_step), true};
		}
		return {Format("{} from {} to {}", EveryHours(hour_step), clock.First(hours.front()), clock.Last(hours.back())),
				true};
	}
	int const grid = MinuteGrid(minutes);
	if (minutes.size() > 1 && grid != 0 && (hours.size() == 1 || hour_step == 1)) {
		return {Format("{} from {} to {}", EveryMinutes(grid), Clock(hours.front(), 0), clock.Last(hours.back())),
				true};
	}
	if (minutes.size() == 1 || minutes.size() * hours.size() <= kMaxListedTimes) {
		return ListTimes(clock);
	}
	int const step = hours.size() == 1 ? CommonStep(minutes) : grid;
	return {Format("{} {}", step != 0 ? EveryMinutes(step) : "at " + Counted("minute", clock.fields.minutes),
				   Stretches(clock)),
			true};
}

// "every 10 seconds of minutes 0 and 30 from 09:00 to 17:30:50"
ClockPhrase
DescribeSeconds(const ClockFields &clock)
{
	const CronFields &fields = clock.fields;
	int const grid = clock.seconds.size() == 1 ? 0 : MinuteGrid(clock.seconds);
	std::string text = grid == 1   ? "every second"
					   : grid != 0 ? Format("every {} seconds", grid)
								   : "at " + Counted("second", fields.seconds);
	if (fields.minutes != kAllMinutes) {
		text += " of " + Counted("minute", fields.minutes);
	} else if (grid == 0) {
		text += " of every minute";
	}
	if (fields.hours != kAllHours) {
		text += " " + Stretches(clock);
	} else if (fields.minutes != kAllMinutes) {
		text += " of every hour";
	}
	return {text, true};
}

} // namespace

ClockPhrase
DescribeClock(const CronFields &fields)
{
	ClockFields const clock = {fields, Members(fields.seconds), Members(fields.minutes), Members(fields.hours)};
	if (fields.seconds == 1) {
		return DescribeMinutes(clock);
	}
	if (clock.seconds.size() == 1 && clock.minutes.size() * clock.hours.size() <= kMaxListedTimes) {
		return ListTimes(clock);
	}
	return DescribeSeconds(clock);
}

} // namespace sluice
