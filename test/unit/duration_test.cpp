#include "core/duration.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

TEST(Duration, Parses)
{
	struct {
		const char *text;
		int64_t microseconds;
	} const cases[] = {
		{"90", 90 * kSecond},
		{"0", 0},
		{"0.5", kSecond / 2},
		{"1.25", 1250 * kMillisecond},
		{" 90 seconds ", 90 * kSecond},
		{"1 second", kSecond},
		{"5 minutes", 5 * kMinute},
		{"5min", 5 * kMinute},
		{"1 hour 30 minutes", 90 * kMinute},
		{"1h30m", 90 * kMinute},
		{"1H 30M", 90 * kMinute},
		{"1.5 hours", 90 * kMinute},
		{"00:05:00", 5 * kMinute},
		{"00:05", 5 * kMinute},
		{"100:00:01.5", 100 * kHour + 1500 * kMillisecond},
		{"1 day 02:00", 26 * kHour},
		{"2 weeks", 14 * kDay},
		{"500 ms", 500 * kMillisecond},
		{"10us", 10},
		{"3 hrs 2 secs", 3 * kHour + 2 * kSecond},
		{"0.0000019", 1},
		{"10000 days", 10000 * kDay},
	};
	for (const auto &c : cases) {
		EXPECT_EQ(ParseDuration(c.text), c.microseconds) << c.text;
	}
}

TEST(Duration, Refuses)
{
	for (const char *const text : {"",
								   " ",
								   "abc",
								   "-1",
								   "+1",
								   "-00:05",
								   "1 month",
								   "1 year",
								   "5 minutes ago",
								   "1 hour 30",
								   "5 x",
								   "1.",
								   ".5",
								   "1:60",
								   "1:00:60",
								   "1:",
								   "1:2:3:4",
								   "1e3",
								   "infinity",
								   "99999999999999999999",
								   "9999999 weeks",
								   "1,5 hours",
								   "PT5M",
								   "1..5 s",
								   "5 minutes,"}) {
		EXPECT_FALSE(ParseDuration(text).has_value()) << text;
	}
}

TEST(Duration, Formats)
{
	struct {
		int64_t microseconds;
		const char *text;
	} const cases[] = {
		{0, "0 seconds"},
		{kSecond, "1 second"},
		{90 * kSecond, "90 seconds"},
		{kHour, "1 hour"},
		{90 * kMinute, "90 minutes"},
		{30 * kDay, "30 days"},
		{1500, "1500 microseconds"},
		{10 * kMillisecond, "10 milliseconds"},
	};
	for (const auto &c : cases) {
		EXPECT_EQ(FormatDuration(c.microseconds), c.text);
		EXPECT_EQ(ParseDuration(c.text), c.microseconds);
	}
}

} // namespace
} // namespace sluice::test
