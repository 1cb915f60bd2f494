// What the two halves of Cron::Describe() share: the clock's (cron_clock.cpp) and the calendar's (cron_describe.cpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/cron_field.hpp"
#include "core/format.hpp"

namespace sluice {

struct CronFields;

// The numbers of the bits that are set, from the lowest on.
std::vector<int> Members(uint64_t bits);

// "a, b and c", where before_last is " and "
std::string JoinWith(std::string_view before_last, const std::vector<std::string> &items);
std::string JoinWithAnd(const std::vector<std::string> &items);

// "1st", "22nd", "13th"
std::string Ordinal(int number);

// "day 5", "minutes 0, 7 and 10 to 20"
std::string Counted(std::string_view noun, uint64_t bits);

// Neighbours among the values: 1, 4 to 7.
struct ValueRun {
	int first;
	int last;
};
std::vector<ValueRun> RunsOf(uint64_t bits);

struct Enumerated {
	std::string text; // "1, 4 to 7 and 9"
	bool one_run;	  // "4 to 7" and nothing else
};

// Runs of three and more are told as "first to last". round: of how many values; the first follows the last one, so
// that what goes round the end is one run as well. 0: none does.
template <typename NameOf>
Enumerated
Enumerate(uint64_t bits, NameOf name_of, std::string_view before_last = " and ", int round = 0)
{
	std::vector<ValueRun> runs = RunsOf(bits);
	if (runs.size() == 2 && round > 0 && runs.front().first == 0 && runs.back().last == round - 1 &&
		runs.front().last + 1 + round - runs.back().first >= 3) {
		return {Format("{} to {}", name_of(runs.back().first), name_of(runs.front().last)), true};
	}
	std::vector<std::string> items;
	bool has_run = false;
	for (const ValueRun &run : runs) {
		if (run.last - run.first >= 2) {
			items.push_back(Format("{} to {}", name_of(run.first), name_of(run.last)));
			has_run = true;
			continue;
		}
		for (int value = run.first; value <= run.last; ++value) {
			items.push_back(Format("{}", name_of(value)));
		}
	}
	return {JoinWith(before_last, items), has_run && items.size() == 1};
}

struct ClockPhrase {
	std::string text;
	bool repeats; // "every 15 minutes" rather than "at 02:00"
};

ClockPhrase DescribeClock(const CronFields &fields);

} // namespace sluice
