// What a pipeline remembers of a clock that was ahead and was set back, and what follows from it for due times that
// come a second time. Pure C++.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace sluice {

// Noticed later than this, a due time counts as missed: nobody was there to serve it.
inline constexpr int64_t kMissedAfterSeconds = 60;

// Microseconds of one epoch, whichever.
struct ClockMemory {
	std::optional<int64_t> planned_at;	 // the clock when the next due time was computed
	std::optional<int64_t> served_until; // due times up to here may have had their runs
	bool anew = false;					 // the clock went back so far that they are served again
};

// Set back by less than this, a clock was corrected: cron leaves out what it has served, and is silent no longer.
inline constexpr int64_t kShortSetback = 3 * int64_t{3600} * 1000000;

// With what is to be known now, when nothing is planned again yet. clock_before: how far the clock had come before it
// was set back, if that is known.
ClockMemory FollowClock(const ClockMemory &before, int64_t now, std::optional<int64_t> clock_before = std::nullopt);
// Planned again, now: what is over is forgotten.
ClockMemory PlannedAt(const ClockMemory &before, int64_t now, std::optional<int64_t> clock_before = std::nullopt);

// The first due instant after this one, in seconds; nothing when there is none.
using NextDueFunction = std::function<std::optional<int64_t>(int64_t after)>;

// Which due times have had a run by the clock that was ahead, in seconds.
class ServedBefore {
public:
	// again: they get another one as their time comes.
	ServedBefore(bool again, int64_t now, std::function<bool(int64_t)> had_run)
		: again_(again), now_(now), had_run_(std::move(had_run))
	{}
	bool HadRun(int64_t due) const { return had_run_(due); }
	// It gets no other run. Of those that have passed nobody waits for a second one.
	bool IsSettled(int64_t due) const;
	NextDueFunction WithoutSettled(const NextDueFunction &next) const;

private:
	bool again_;
	int64_t now_;
	std::function<bool(int64_t)> had_run_;
};

} // namespace sluice
