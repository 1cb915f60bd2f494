#include "pg/zone.hpp"

#include "core/civil.hpp"
#include "core/sqlstate.hpp"

namespace sluice::pg {

namespace leaf {

namespace {

// The IANA names in capitals only. pg_tzset turns every name without a file into capitals and reads it as a
// POSIX rule, and nothing in its answer tells the two apart; all other names have a small letter. New zones
// are Area/Location, so this list is complete.
constexpr const char *kCapitalNames[] = {"CET",	  "CST6CDT", "EET", "EST", "EST5EDT", "GB",		 "GMT",	 "GMT+0",
										 "GMT-0", "GMT0",	 "HST", "MET", "MST",	  "MST7MDT", "NZ",	 "NZ-CHAT",
										 "PRC",	  "PST8PDT", "ROC", "ROK", "UCT",	  "UTC",	 "W-SU", "WET"};

// Files that are no zones: what this machine happens to be set to, and a zone that says "not set".
constexpr const char *kNoZones[] = {"Factory", "localtime", "posixrules"};

bool
HasSmallLetter(const char *text)
{
	for (; *text != '\0'; ++text) {
		if (*text >= 'a' && *text <= 'z') {
			return true;
		}
	}
	return false;
}

template <size_t N>
bool
IsOneOf(const char *name, const char *const (&list)[N])
{
	for (const char *const entry : list) {
		if (strcmp(name, entry) == 0) {
			return true;
		}
	}
	return false;
}

struct OffsetResult {
	bool known;
	int seconds;
};

OffsetResult
FindOffset(const pg_tz *zone, pg_time_t at)
{
	const struct pg_tm *const local = pg_localtime(&at, zone);
	return local == nullptr ? OffsetResult{false, 0} : OffsetResult{true, static_cast<int>(local->tm_gmtoff)};
}

} // namespace

pg_tz *
FindZone(const char *name)
{
	pg_tz *const zone = pg_tzset(name);
	if (zone == nullptr) {
		return nullptr;
	}
	const char *const canonical = pg_get_timezone_name(zone);
	if (!(HasSmallLetter(canonical) || IsOneOf(canonical, kCapitalNames)) || IsOneOf(canonical, kNoZones)) {
		return nullptr;
	}
	// Zones with leap seconds ("right/...") are no use with the server's timestamps.
	return pg_tz_acceptable(zone) ? zone : nullptr;
}

} // namespace leaf

namespace {

// 1970-01-01 to 2000-01-01
constexpr int64_t kEpochDistance = static_cast<int64_t>(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;

[[noreturn]] void
FailRange()
{
	throw Error(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
}

} // namespace

PgZone
PgZone::Find(std::string_view name)
{
	std::string const text(name);
	pg_tz *const zone = Call(leaf::FindZone, text.c_str());
	if (zone == nullptr) {
		throw Error(sqlstate::kInvalidParameterValue, Format("time zone \"{}\" is not recognized", name),
					"Use a full name such as \"Europe/Berlin\" or \"UTC\", as the view pg_timezone_names lists them; "
					"abbreviations and offsets are not accepted, for they know no daylight saving time.");
	}
	return PgZone(zone, pg_get_timezone_name(zone));
}

int
PgZone::OffsetAt(int64_t utc_seconds) const
{
	const leaf::OffsetResult offset =
		Call(leaf::FindOffset, static_cast<const pg_tz *>(zone_), static_cast<pg_time_t>(utc_seconds));
	if (!offset.known) {
		FailRange();
	}
	return offset.seconds;
}

int64_t
UnixSeconds(TimestampTz at)
{
	return FloorDivide(at, USECS_PER_SEC) + kEpochDistance;
}

TimestampTz
TimestampFromUnixSeconds(int64_t seconds)
{
	// Far outside first, so that nothing below overflows.
	if (seconds < FloorDivide(MIN_TIMESTAMP, USECS_PER_SEC) + kEpochDistance ||
		seconds > END_TIMESTAMP / USECS_PER_SEC + kEpochDistance) {
		FailRange();
	}
	TimestampTz const at = (seconds - kEpochDistance) * USECS_PER_SEC;
	if (!IS_VALID_TIMESTAMP(at)) {
		FailRange();
	}
	return at;
}

} // namespace sluice::pg
