// Points in time as users write them: ISO 8601. Pure C++.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice {

struct TimestampText {
	int64_t local_microseconds; // since 1970-01-01 00:00 of the clock that was read
	std::optional<int> offset;	// of that clock, in seconds east of UTC; nothing: not written
};

// "2026-12-01", "2026-12-01 02:30", "2026-12-01T02:30:00.5Z", "2026-12-01 02:30:00+01", "...-03:30". Nothing when it is
// anything else or no such day; years from 1970 to 9999.
std::optional<TimestampText> ParseTimestamp(std::string_view text);

} // namespace sluice
