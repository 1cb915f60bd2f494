// A time zone as the scheduler sees it: one question, answered by PostgreSQL in the server
// (pg/zone.hpp) and by tables of rules in the unit tests. What is built on it: core/local_time.hpp.
#pragma once

#include <cstdint>

namespace sluice {

class Zone {
public:
	Zone() = default;
	Zone(const Zone &) = default;
	Zone &operator=(const Zone &) = default;
	virtual ~Zone() = default;

	// Seconds east of UTC at this instant (seconds since 1970-01-01 00:00 UTC).
	virtual int OffsetAt(int64_t utc_seconds) const = 0;
};

} // namespace sluice
