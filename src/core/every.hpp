// Interval schedules: "every 30 seconds", "every 15 minutes", "every 2 days". Pure C++.
//
// Seconds, minutes and hours are elapsed time: due instants are the multiples of the interval since
// 1970-01-01 00:00 UTC, the same in every zone and through every change of the clock. Days and weeks belong to
// the calendar: due at midnight of the zone, on every n-th day since 1970-01-01, on the Monday of every n-th
// week since that of 1970-01-05.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/zone.hpp"

namespace sluice {

class Every {
public:
	// Whether the first word is "every".
	static bool Recognizes(std::string_view text);
	// Throws Error 22023.
	static Every Parse(std::string_view text);

	int64_t NextAfter(int64_t utc, const Zone &zone) const;

	// "every 15 minutes", "every 2 weeks on Monday at 00:00"
	std::string Describe() const;

private:
	enum class Kind {
		Elapsed,
		Days,
		Weeks,
	};

	Every(Kind kind, int64_t length) : kind_(kind), length_(length) {}

	Kind kind_;
	int64_t length_; // in seconds, days or weeks
};

} // namespace sluice
