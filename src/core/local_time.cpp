#include "core/local_time.hpp"

#include <algorithm>

#include "core/civil.hpp"
#include "core/format.hpp"

namespace sluice {

int64_t
LocalFromUtc(int64_t utc, const Zone &zone)
{
	return utc + zone.OffsetAt(utc);
}

std::string
FormatLocal(int64_t utc, const Zone &zone)
{
	int64_t const local = LocalFromUtc(utc, zone);
	int64_t const of_day = FloorModulo(local, kDaySeconds);
	CivilDate const date = CivilFromDays(FloorDivide(local, kDaySeconds));
	return Format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", date.year, date.month, date.day, of_day / kHourSeconds,
				  of_day % kHourSeconds / kMinuteSeconds, of_day % kMinuteSeconds);
}

LocalResolution
ResolveLocal(int64_t local, const Zone &zone)
{
	// No offset reaches 24 hours, so the instant lies within a day of the same figure read as UTC.
	int64_t low = local - kDaySeconds;
	int64_t high = local + kDaySeconds;
	int64_t const by_earlier_offset = local - zone.OffsetAt(low);
	int64_t const by_later_offset = local - zone.OffsetAt(high);
	bool const earlier_fits = LocalFromUtc(by_earlier_offset, zone) == local;
	bool const later_fits = LocalFromUtc(by_later_offset, zone) == local;
	if (earlier_fits && later_fits && by_earlier_offset != by_later_offset) {
		return {LocalKind::Ambiguous, std::min(by_earlier_offset, by_later_offset),
				std::max(by_earlier_offset, by_later_offset)};
	}
	if (earlier_fits || later_fits) {
		int64_t const utc = earlier_fits ? by_earlier_offset : by_later_offset;
		return {LocalKind::Unique, utc, utc};
	}
	// The wall clock shows less than `local` at low and at least `local` at high: find the second in
	// which it passes. It jumps over it there, unless the zone changed twice within the two days.
	while (high - low > 1) {
		int64_t const middle = low + (high - low) / 2;
		if (LocalFromUtc(middle, zone) >= local) {
			high = middle;
		} else {
			low = middle;
		}
	}
	LocalKind const kind = LocalFromUtc(high, zone) == local ? LocalKind::Unique : LocalKind::Gap;
	return {kind, high, high};
}

int64_t
FindTransition(int64_t from, int64_t to, const Zone &zone)
{
	int const offset = zone.OffsetAt(from);
	while (to - from > 1) {
		int64_t const middle = from + (to - from) / 2;
		if (zone.OffsetAt(middle) == offset) {
			from = middle;
		} else {
			to = middle;
		}
	}
	return to;
}

} // namespace sluice
