// A clock that jumps: every schedule goes on. Driven as the scheduler drives it, against wall clocks read second by
// second.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

#include "core/clock_memory.hpp"
#include "core/due_plan.hpp"
#include "core/schedule.hpp"
#include "fake_zone.hpp"

namespace sluice::test {
namespace {

constexpr int64_t kWeek = 7 * kDaySeconds;
constexpr int64_t kThreeHours = 3 * kHourSeconds;
constexpr int64_t kMicro = 1000000;
// Longer than any change of the clock is near.
constexpr int64_t kNear = 4 * kHourSeconds;

enum class Rule {
	EveryInstant, // whose wall time fits
	OncePerDay,	  // each wall time: at the first instant that shows it or a later one
	Elapsed,	  // an interval: the instant itself
};

struct Case {
	const char *schedule;
	FakeZone zone;
	Rule rule;
	int64_t step; // all are due on this grid
	bool (*fits)(int64_t second);
	bool interval = false;
};

int64_t
MinuteOf(int64_t second)
{
	return FloorModulo(second, kHourSeconds) / 60;
}

int64_t
HourOf(int64_t second)
{
	return FloorModulo(second, kDaySeconds) / kHourSeconds;
}

const std::vector<Case> &
Cases()
{
	static std::vector<Case> const cases = {
		{"* * * * *", Berlin(), Rule::EveryInstant, 60, [](int64_t) { return true; }},
		{"*/20 * * * * *", NewYork(), Rule::EveryInstant, 20, [](int64_t) { return true; }},
		{"@hourly", Kolkata(), Rule::EveryInstant, 60, [](int64_t at) { return MinuteOf(at) == 0; }},
		{"30 * * * *", LordHowe(), Rule::EveryInstant, 60, [](int64_t at) { return MinuteOf(at) == 30; }},
		{"0 */2 * * *", Berlin(), Rule::EveryInstant, 60,
		 [](int64_t at) { return MinuteOf(at) == 0 && HourOf(at) % 2 == 0; }},
		{"30 2 * * *", Berlin(), Rule::OncePerDay, 60,
		 [](int64_t at) { return HourOf(at) == 2 && MinuteOf(at) == 30; }},
		{"* 1-3 * * *", Berlin(), Rule::OncePerDay, 60, [](int64_t at) { return HourOf(at) >= 1 && HourOf(at) <= 3; }},
		{"*/15 2 * * *", NewYork(), Rule::OncePerDay, 60,
		 [](int64_t at) { return HourOf(at) == 2 && MinuteOf(at) % 15 == 0; }},
		{"*/15 1 * * *", LordHowe(), Rule::OncePerDay, 60,
		 [](int64_t at) { return HourOf(at) == 1 && MinuteOf(at) % 15 == 0; }},
		{"every 15 minutes", Berlin(), Rule::Elapsed, 60, [](int64_t at) { return MinuteOf(at) % 15 == 0; }, true},
		{"every 7 hours", NewYork(), Rule::Elapsed, 60,
		 [](int64_t at) { return FloorModulo(at, 7 * kHourSeconds) == 0; }, true},
		{"every day", Berlin(), Rule::EveryInstant, 60, [](int64_t at) { return FloorModulo(at, kDaySeconds) == 0; },
		 true},
	};
	return cases;
}

bool
IsDue(const Case &one, int64_t at)
{
	int64_t const local = at + one.zone.OffsetAt(at);
	if (one.rule == Rule::Elapsed) {
		return one.fits(at);
	}
	if (one.rule == Rule::EveryInstant) {
		return one.fits(local);
	}
	// The latest that the wall clock has shown before.
	int64_t shown = at - one.step + one.zone.OffsetAt(at - one.step);
	if (one.zone.OffsetAt(at) != one.zone.OffsetAt(at - kNear)) {
		for (int64_t before = at - kNear; before < at; before += one.step) {
			shown = std::max(shown, before + one.zone.OffsetAt(before));
		}
	}
	for (int64_t wall = shown + one.step; wall <= local; wall += one.step) {
		if (one.fits(wall)) {
			return true;
		}
	}
	return false;
}

std::vector<int64_t>
DueBetween(const Case &one, int64_t after, int64_t until)
{
	std::vector<int64_t> due;
	for (int64_t at = (after / one.step + 1) * one.step; at <= until; at += one.step) {
		if (IsDue(one, at)) {
			due.push_back(at);
		}
	}
	return due;
}

struct Fired {
	int64_t due;
	bool repeated;
};

// What worker/due.cpp does to one pipeline.
class Pipeline {
public:
	Pipeline(const Case &one, int64_t now) : case_(one), schedule_(Schedule::Parse(one.schedule)), now_(now)
	{
		next_due_ = schedule_.NextAfter(now, case_.zone);
		memory_ = PlannedAt({}, now * kMicro);
	}

	// The clock runs; the runs it made.
	std::vector<Fired> Go(int64_t seconds)
	{
		std::vector<Fired> runs;
		int64_t const end = now_ + seconds;
		while (next_due_ && *next_due_ <= end) {
			// A little late, as processes are.
			now_ = std::min(std::max(now_, *next_due_ + ++fired_ % 3), end);
			Fire(&runs);
		}
		now_ = end;
		return runs;
	}

	// The runs of what has passed by it. seen: the scheduler lives and sees how far it went.
	std::vector<Fired> Jump(int64_t seconds, bool seen)
	{
		std::optional<int64_t> const before = seen ? std::optional(now_ * kMicro) : std::nullopt;
		now_ += seconds;
		if (*memory_.planned_at > now_ * kMicro) {
			memory_ = PlannedAt(memory_, now_ * kMicro, before);
			ServedBefore const served = Served();
			NextDueFunction const next = Next();
			next_due_ = served.WithoutSettled(next)(now_);
		}
		return Go(0);
	}

	int64_t Now() const { return now_; }
	std::optional<int64_t> NextDue() const { return next_due_; }
	bool HadRun(int64_t due) const { return history_.contains(due); }

private:
	NextDueFunction Next() const
	{
		return [this](int64_t after) { return schedule_.NextAfter(after, case_.zone); };
	}

	ServedBefore Served() const
	{
		return {memory_.anew || schedule_.AsCron() == nullptr, now_, [this](int64_t due) {
					return memory_.served_until && due * kMicro <= *memory_.served_until && HadRun(due);
				}};
	}

	void Fire(std::vector<Fired> *runs)
	{
		ClockMemory const before = std::exchange(memory_, FollowClock(memory_, now_ * kMicro));
		DuePlanAgain const plan = PlanDue(*next_due_, now_, OnMissed::RunOnce, Next(), Served());
		memory_ = PlannedAt(before, now_ * kMicro);
		if (plan.plan) {
			for (int64_t const due : plan.plan->runs) {
				auto const &again = plan.plan->repeated;
				runs->push_back({due, std::find(again.begin(), again.end(), due) != again.end()});
				++history_[due];
			}
		}
		next_due_ = plan.next;
	}

	const Case &case_;
	Schedule const schedule_;
	int64_t now_;
	int64_t fired_ = 0;
	std::optional<int64_t> next_due_;
	ClockMemory memory_;
	std::map<int64_t, int> history_;
};

class Random {
public:
	explicit Random(uint64_t seed) : engine_(seed) {}
	int64_t Between(int64_t least, int64_t most)
	{
		return least + static_cast<int64_t>(engine_() % static_cast<uint64_t>(most - least + 1));
	}
	// Half of them are short.
	int64_t Jump() { return Between(0, 1) == 0 ? Between(-kNear, kNear) : Between(-kWeek, kWeek); }
	// Half of them near a change of some zone's clock.
	int64_t Start()
	{
		static int64_t const changes[] = {At(2026, 3, 29, 1), At(2026, 10, 25, 1), At(2026, 3, 8, 7),
										  At(2026, 11, 1, 6), At(2026, 4, 4, 15),  At(2026, 10, 3, 15, 30)};
		return Between(0, 1) == 0 ? Between(At(2026, 1, 1), At(2026, 12, 31))
								  : changes[Between(0, 5)] + Between(-2 * kNear, kNear);
	}

private:
	std::mt19937_64 engine_;
};

std::map<int64_t, std::vector<bool>>
ByDue(const std::vector<Fired> &runs)
{
	std::map<int64_t, std::vector<bool>> found;
	for (const Fired &run : runs) {
		found[run.due].push_back(run.repeated);
	}
	return found;
}

// One jump at a time: what is served again and what is not.
TEST(ClockJumps, EachKeepsItsPromise)
{
	for (const Case &one : Cases()) {
		Random random(20261);
		for (int i = 0; i < 1000; ++i) {
			Pipeline pipeline(one, random.Start());
			int64_t const start = pipeline.Now();
			std::map<int64_t, std::vector<bool>> const first = ByDue(pipeline.Go(random.Between(0, kNear)));
			for (int64_t const due : DueBetween(one, start, pipeline.Now())) {
				ASSERT_TRUE(first.contains(due)) << one.schedule << " at " << Show(due) << " UTC, no jump yet";
			}
			int64_t const jump = random.Jump();
			int64_t const before = pipeline.Now();
			std::vector<Fired> const passed = pipeline.Jump(jump, true);
			ASSERT_LE(passed.size(), 1U);
			if (!passed.empty()) {
				ASSERT_EQ(passed.front().due, DueBetween(one, before, pipeline.Now()).back()) << one.schedule;
			}
			int64_t const from = pipeline.Now();
			std::map<int64_t, std::vector<bool>> const second = ByDue(pipeline.Go(random.Between(0, kNear)));
			std::vector<int64_t> const all = DueBetween(one, from, pipeline.Now());
			size_t made = 0;
			for (int64_t const due : all) {
				bool const served = first.contains(due);
				bool const again = one.interval || jump <= -kThreeHours;
				std::string const what = Format("{} at {} UTC, after a jump of {} s from {} UTC", one.schedule,
												Show(due), jump, Show(before));
				auto const found = second.find(due);
				if (served && !again) {
					ASSERT_TRUE(found == second.end()) << what;
					continue;
				}
				ASSERT_TRUE(found != second.end()) << what;
				ASSERT_EQ(found->second, std::vector<bool>{served}) << what;
				++made;
			}
			ASSERT_EQ(second.size(), made) << one.schedule << ": due at no other time";
		}
	}
}

// One after the other, not all of them seen: no schedule is silent for longer than three hours, what is served again
// says so, and nothing else does.
TEST(ClockJumps, AThousandInARow)
{
	for (const Case &one : Cases()) {
		Random random(20262);
		Pipeline pipeline(one, At(2026, 6, 1));
		std::map<int64_t, int> history;
		auto const note = [&](const std::vector<Fired> &runs) {
			for (const Fired &run : runs) {
				ASSERT_TRUE(!run.repeated || history.contains(run.due)) << one.schedule << " at " << Show(run.due);
				++history[run.due];
			}
		};
		for (int i = 0; i < 1000; ++i) {
			// Drifting apart would leave the years of the zones' tables.
			int64_t const jump = (pipeline.Now() > At(2026, 11, 20) ? -1
								  : pipeline.Now() < At(2026, 2, 1) ? 1
																	: 0) != 0
									 ? (pipeline.Now() > At(2026, 6, 1) ? -kWeek : kWeek)
									 : random.Jump();
			note(pipeline.Jump(jump, random.Between(0, 1) == 0));
			int64_t const from = pipeline.Now();
			std::vector<Fired> const runs = pipeline.Go(random.Between(0, kNear));
			std::map<int64_t, std::vector<bool>> const found = ByDue(runs);
			for (int64_t const due : DueBetween(one, from, pipeline.Now())) {
				std::string const what = Format("{} at {} UTC, jump {} of {} s", one.schedule, Show(due), i, jump);
				if (!found.contains(due)) {
					ASSERT_TRUE(history.contains(due)) << what;
					ASSERT_FALSE(one.interval) << what;
					ASSERT_LT(due - from, kThreeHours) << what;
				} else {
					ASSERT_EQ(found.at(due).size(), 1U) << what;
				}
			}
			note(runs);
			ASSERT_TRUE(pipeline.NextDue()) << one.schedule;
			ASSERT_GT(*pipeline.NextDue(), pipeline.Now()) << one.schedule;
		}
	}
}

TEST(ClockJumps, MemoryEndsWhenTheTimeHasComeAgain)
{
	ClockMemory memory = PlannedAt({}, 100 * kMicro);
	EXPECT_FALSE(memory.served_until);
	memory = PlannedAt(memory, 40 * kMicro, 110 * kMicro);
	EXPECT_EQ(memory.served_until, 110 * kMicro);
	EXPECT_FALSE(memory.anew);
	memory = PlannedAt(memory, 90 * kMicro);
	EXPECT_EQ(memory.served_until, 110 * kMicro);
	memory = PlannedAt(memory, 110 * kMicro);
	EXPECT_FALSE(memory.served_until);
	// Several steps add up.
	memory = PlannedAt(memory, 110 * kMicro - kShortSetback / 2);
	EXPECT_FALSE(memory.anew);
	memory = PlannedAt(memory, 110 * kMicro - kShortSetback);
	EXPECT_TRUE(memory.anew);
	memory = PlannedAt(memory, 110 * kMicro - 1);
	EXPECT_TRUE(memory.anew);
}

} // namespace
} // namespace sluice::test
