#include "core/clock_memory.hpp"

#include <algorithm>

namespace sluice {

ClockMemory
FollowClock(const ClockMemory &before, int64_t now, std::optional<int64_t> clock_before)
{
	if (!before.planned_at || *before.planned_at <= now) {
		return before;
	}
	int64_t const latest =
		std::max({*before.planned_at, clock_before.value_or(now), before.served_until.value_or(now)});
	return {before.planned_at, latest, latest - now >= kShortSetback};
}

ClockMemory
PlannedAt(const ClockMemory &before, int64_t now, std::optional<int64_t> clock_before)
{
	ClockMemory memory = FollowClock(before, now, clock_before);
	memory.planned_at = now;
	if (memory.served_until && *memory.served_until <= now) {
		memory.served_until.reset();
		memory.anew = false;
	}
	return memory;
}

bool
ServedBefore::IsSettled(int64_t due) const
{
	return (!again_ || due < now_ - kMissedAfterSeconds) && had_run_(due);
}

NextDueFunction
ServedBefore::WithoutSettled(const NextDueFunction &next) const
{
	return [this, &next](int64_t after) {
		std::optional<int64_t> at = next(after);
		while (at && IsSettled(*at)) {
			at = next(*at);
		}
		return at;
	};
}

} // namespace sluice
