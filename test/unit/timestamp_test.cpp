#include <gtest/gtest.h>

#include "core/timestamp.hpp"
#include "fake_zone.hpp"

namespace sluice::test {
namespace {

TEST(Timestamp, ReadsIso8601)
{
	struct {
		const char *text;
		const char *local;
		int64_t microseconds;
		std::optional<int> offset;
	} const cases[] = {
		{"2026-12-01", "2026-12-01 00:00", 0, {}},
		{" 2026-12-01 02:30 ", "2026-12-01 02:30", 0, {}},
		{"2026-12-01T02:30:07", "2026-12-01 02:30:07", 0, {}},
		{"2028-02-29t23:59:59.5z", "2028-02-29 23:59:59", 500000, 0},
		{"2026-12-01 02:30:00.123456789+01", "2026-12-01 02:30", 123456, 3600},
		{"2026-12-01T02:30:00.123456+00:00", "2026-12-01 02:30", 123456, 0},
		{"2026-12-01 02:30-0330", "2026-12-01 02:30", 0, -12600},
		{"2026-12-01 02:30 +05:45", "2026-12-01 02:30", 0, 20700},
		{"1970-01-01", "1970-01-01 00:00", 0, {}},
		{"9999-12-31 23:59:59Z", "9999-12-31 23:59:59", 0, 0},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.text);
		std::optional<TimestampText> const at = ParseTimestamp(c.text);
		ASSERT_TRUE(at.has_value());
		EXPECT_EQ(Show(at->local_microseconds / 1'000'000), c.local);
		EXPECT_EQ(at->local_microseconds % 1'000'000, c.microseconds);
		EXPECT_EQ(at->offset, c.offset);
	}
}

TEST(Timestamp, RefusesEverythingElse)
{
	for (const char *const text : {"",
								   "now",
								   "tomorrow",
								   "infinity",
								   "2026",
								   "2026-12",
								   "2026-13-01",
								   "2026-00-01",
								   "2026-02-29",
								   "2026-12-32",
								   "2026-12-1",
								   "1.12.2026",
								   "12/01/2026",
								   "2026-12-01 ",
								   "1969-12-31",
								   "2026-12-01T",
								   "2026-12-01 2:30",
								   "2026-12-01 24:00",
								   "2026-12-01 02:60",
								   "2026-12-01 02:30:60",
								   "2026-12-01 02:30:00.",
								   "2026-12-01 02:30 CET",
								   "2026-12-01 02:30 Europe/Berlin",
								   "2026-12-01 02:30+1",
								   "2026-12-01 02:30+16",
								   "2026-12-01 02:30+01:",
								   "2026-12-01 02:30+01:60",
								   "2026-12-01 02:30ZZ",
								   "2026-12-01  02:30",
								   "2026-12-01x02:30",
								   "-026-12-01",
								   "2026-12-01Z"}) {
		bool const trimmed_is_good = std::string_view(text) == "2026-12-01 ";
		EXPECT_EQ(ParseTimestamp(text).has_value(), trimmed_is_good) << text;
	}
}

} // namespace
} // namespace sluice::test
