// Lengths of time as users write them. Pure C++.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

inline constexpr int64_t kMillisecond = 1000;
inline constexpr int64_t kSecond = 1000 * kMillisecond;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kDay = 24 * kHour;

// Microseconds from plain seconds ("90", "0.5") or an interval ("90 seconds", "1 hour 30 minutes",
// "1h30m", "00:05:00", "1 day 02:00"). Nothing when it is neither, negative, or longer than 10000 years;
// months and years have no fixed length and are refused.
std::optional<int64_t> ParseDuration(std::string_view text);

// In the largest unit that needs no fraction: "90 seconds", "2 hours", "1 millisecond".
std::string FormatDuration(int64_t microseconds);

} // namespace sluice
