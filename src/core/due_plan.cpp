#include "core/due_plan.hpp"

#include <algorithm>
#include <deque>
#include <iterator>

namespace sluice {

namespace {

// A schedule of every second after a year's pause has millions.
constexpr int64_t kMaxCounted = 5000;

struct Passed {
	std::deque<int64_t> last; // the latest ones: those that may run, and the one before them
	int64_t count = 0;
	bool more = false;
};

void
Take(Passed *passed, int64_t at)
{
	passed->last.push_back(at);
	if (passed->last.size() > static_cast<size_t>(kMaxMadeUp) + 1) {
		passed->last.pop_front();
	}
	++passed->count;
}

// Those in (from, now]; false when there are more than may be counted.
bool
TakeAll(Passed *passed, int64_t from, int64_t now, const NextDueFunction &next)
{
	int64_t counted = 0;
	for (std::optional<int64_t> at = next(from); at && *at <= now; at = next(*at)) {
		if (++counted > kMaxCounted) {
			return false;
		}
		Take(passed, *at);
	}
	return true;
}

// The due instants from due to now. Where they are too many to count, the latest are found from the end:
// by looking back ever further until enough of them are seen.
Passed
CollectPassed(int64_t due, int64_t now, const NextDueFunction &next)
{
	Passed passed;
	Take(&passed, due);
	if (TakeAll(&passed, due, now, next)) {
		return passed;
	}
	for (int64_t back = kMissedAfterSeconds; back < now - due; back *= 2) {
		Passed latest;
		if (!TakeAll(&latest, now - back, now, next)) {
			break;
		}
		if (latest.count > kMaxMadeUp) {
			latest.count = kMaxCounted;
			latest.more = true;
			return latest;
		}
	}
	passed.more = true;
	return passed;
}

} // namespace

DuePlan
PlanDue(int64_t due, int64_t now, OnMissed on_missed, const NextDueFunction &next)
{
	DuePlan plan;
	Passed const passed = CollectPassed(due, now, next);
	int64_t const last = passed.last.back();
	plan.next = next(std::max(now, due));
	switch (on_missed) {
	case OnMissed::RunAll:
		plan.runs.assign(passed.last.end() - std::min<std::ptrdiff_t>(std::ssize(passed.last), kMaxMadeUp),
						 passed.last.end());
		break;
	case OnMissed::RunOnce:
		plan.runs = {last};
		break;
	case OnMissed::Skip:
		if (now - last <= kMissedAfterSeconds) {
			plan.runs = {last};
		}
		break;
	}
	plan.missed = passed.count - static_cast<int64_t>(plan.runs.size());
	plan.missed_more = passed.more;
	if (plan.missed > 0) {
		// Those that run are the latest.
		auto const first_run = passed.last.end() - static_cast<std::ptrdiff_t>(plan.runs.size());
		plan.missed_from = due;
		plan.missed_to = first_run == passed.last.begin() ? due : *(first_run - 1);
	}
	return plan;
}

DuePlanAgain
PlanDue(int64_t due, int64_t now, OnMissed on_missed, const NextDueFunction &next, const ServedBefore &served)
{
	NextDueFunction const unsettled = served.WithoutSettled(next);
	if (served.IsSettled(due)) {
		std::optional<int64_t> const first = unsettled(due);
		if (!first || *first > now) {
			return {std::nullopt, first};
		}
		due = *first;
	}
	DuePlan plan = PlanDue(due, now, on_missed, unsettled);
	std::copy_if(plan.runs.begin(), plan.runs.end(), std::back_inserter(plan.repeated),
				 [&served](int64_t run) { return served.HadRun(run); });
	std::optional<int64_t> const following = plan.next;
	return {std::move(plan), following};
}

} // namespace sluice
