// Time that passes, whatever the system's clock is set to: for deadlines, pauses and durations. What is stored or shown
// is dated by pg::Now. Pure C++.
#pragma once

#include <cstdint>
#include <ctime>

namespace sluice {

// Microseconds of a clock that all processes of a server share and nobody sets.
using SteadyTime = int64_t;

inline SteadyTime
SteadyNow()
{
	// It begins at the machine's start; a day later, so that 0 is long ago.
	constexpr int64_t kBegin = 86400;
	timespec now{};
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (kBegin + now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

inline SteadyTime
SteadyIn(int64_t milliseconds)
{
	return SteadyNow() + milliseconds * 1000;
}

// Rounded up; 0 once it has come.
inline int
MillisecondsUntil(SteadyTime at)
{
	int64_t const left = at - SteadyNow();
	constexpr int64_t kMost = INT32_MAX;
	int64_t const milliseconds = (left + 999) / 1000;
	return static_cast<int>(left <= 0 ? 0 : milliseconds < kMost ? milliseconds : kMost);
}

} // namespace sluice
