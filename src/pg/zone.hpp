// PostgreSQL's time zones behind core's interface, and the bridge between TimestampTz and the seconds
// since 1970 that core counts in.
#pragma once

#include <string>
#include <string_view>

#include "core/zone.hpp"
#include "pg/guard.hpp"

namespace sluice::pg {

class PgZone final : public Zone {
public:
	// The zone of this IANA name, upper and lower case being equal. Abbreviations, POSIX rules and
	// offsets are refused: Error 22023.
	static PgZone Find(std::string_view name);

	int OffsetAt(int64_t utc_seconds) const override;
	// The name as the zone's file spells it.
	const std::string &Name() const { return name_; }

private:
	PgZone(pg_tz *zone, std::string name) : zone_(zone), name_(std::move(name)) {}

	pg_tz *zone_; // owned by the server's cache, which never forgets one
	std::string name_;
};

// Rounds down to the second. Not for infinite timestamps.
int64_t UnixSeconds(TimestampTz at);
// Throws Error 22008 when the result is out of range.
TimestampTz TimestampFromUnixSeconds(int64_t seconds);

namespace leaf {

// The zone of an IANA name, or null. Plain C, may raise: also used by the check hook of a setting.
pg_tz *FindZone(const char *name);

} // namespace leaf

} // namespace sluice::pg
