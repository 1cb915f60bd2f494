// What becomes of a due time that has come, and of those that passed since. Pure C++.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/clock_memory.hpp"

namespace sluice {

enum class OnMissed { RunOnce, Skip, RunAll };

// on_missed => 'run_all' makes up for so many, the latest ones.
inline constexpr int kMaxMadeUp = 100;

struct DuePlan {
	std::vector<int64_t> runs;	   // due instants that get a run, oldest first
	std::vector<int64_t> repeated; // of those, the ones that had a run before the clock was set back
	// Due instants that get none, because they were missed.
	int64_t missed = 0;
	bool missed_more = false; // there were more than were counted
	int64_t missed_from = 0;  // the first and the last of them
	int64_t missed_to = 0;
	std::optional<int64_t> next; // the next due instant after now
};

// due: the stored due instant, at or before now. Of due instants that came while the one before them was
// not served yet only the last is run, unless all are wanted.
DuePlan PlanDue(int64_t due, int64_t now, OnMissed on_missed, const NextDueFunction &next);
// The same without those that are settled since before the clock was set back. Nothing: no other has come; then only
// when it is due next, if ever.
struct DuePlanAgain {
	std::optional<DuePlan> plan;
	std::optional<int64_t> next;
};
DuePlanAgain PlanDue(int64_t due, int64_t now, OnMissed on_missed, const NextDueFunction &next,
					 const ServedBefore &served);

} // namespace sluice
