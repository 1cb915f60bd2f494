#include "core/due_plan.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

// Due at every multiple of step until the end.
NextDueFunction
EveryStep(int64_t step, int64_t end = INT64_MAX)
{
	return [step, end](int64_t after) -> std::optional<int64_t> {
		int64_t const at = (after / step + 1) * step;
		return at <= end ? std::optional<int64_t>(at) : std::nullopt;
	};
}

TEST(DuePlan, InTimeMeansOneRun)
{
	for (OnMissed const policy : {OnMissed::RunOnce, OnMissed::Skip, OnMissed::RunAll}) {
		DuePlan const plan = PlanDue(600, 601, policy, EveryStep(300));
		EXPECT_EQ(plan.runs, std::vector<int64_t>{600});
		EXPECT_EQ(plan.missed, 0);
		EXPECT_EQ(plan.next, 900);
	}
}

TEST(DuePlan, ShortlyLateIsNotMissed)
{
	DuePlan const plan = PlanDue(600, 600 + kMissedAfterSeconds, OnMissed::Skip, EveryStep(300));
	EXPECT_EQ(plan.runs, std::vector<int64_t>{600});
}

TEST(DuePlan, RunOnceRunsTheLastOfThem)
{
	DuePlan const plan = PlanDue(300, 1700, OnMissed::RunOnce, EveryStep(300));
	EXPECT_EQ(plan.runs, std::vector<int64_t>{1500});
	EXPECT_EQ(plan.missed, 4);
	EXPECT_EQ(plan.missed_from, 300);
	EXPECT_EQ(plan.missed_to, 1200);
	EXPECT_FALSE(plan.missed_more);
	EXPECT_EQ(plan.next, 1800);
}

TEST(DuePlan, SkipRunsNoneOfThem)
{
	DuePlan const plan = PlanDue(300, 1700, OnMissed::Skip, EveryStep(300));
	EXPECT_TRUE(plan.runs.empty());
	EXPECT_EQ(plan.missed, 5);
	EXPECT_EQ(plan.missed_from, 300);
	EXPECT_EQ(plan.missed_to, 1500);
	EXPECT_EQ(plan.next, 1800);
}

TEST(DuePlan, SkipStillRunsTheOneThatIsDueNow)
{
	DuePlan const plan = PlanDue(300, 1530, OnMissed::Skip, EveryStep(300));
	EXPECT_EQ(plan.runs, std::vector<int64_t>{1500});
	EXPECT_EQ(plan.missed, 4);
	EXPECT_EQ(plan.missed_to, 1200);
}

TEST(DuePlan, RunAllMakesUpForEach)
{
	DuePlan const plan = PlanDue(300, 1700, OnMissed::RunAll, EveryStep(300));
	EXPECT_EQ(plan.runs, (std::vector<int64_t>{300, 600, 900, 1200, 1500}));
	EXPECT_EQ(plan.missed, 0);
}

TEST(DuePlan, RunAllMakesUpForTheLatestHundred)
{
	DuePlan const plan = PlanDue(1, 1000, OnMissed::RunAll, EveryStep(1));
	ASSERT_EQ(plan.runs.size(), static_cast<size_t>(kMaxMadeUp));
	EXPECT_EQ(plan.runs.front(), 901);
	EXPECT_EQ(plan.runs.back(), 1000);
	EXPECT_EQ(plan.missed, 900);
	EXPECT_EQ(plan.missed_from, 1);
	EXPECT_EQ(plan.missed_to, 900);
}

TEST(DuePlan, AYearOfSecondsIsNotCounted)
{
	int calls = 0;
	NextDueFunction const every_second = [&calls](int64_t after) -> std::optional<int64_t> {
		++calls;
		return after + 1;
	};
	DuePlan const plan = PlanDue(1, 365 * 86400, OnMissed::RunAll, every_second);
	EXPECT_EQ(plan.runs.size(), static_cast<size_t>(kMaxMadeUp));
	EXPECT_EQ(plan.runs.back(), 365 * 86400);
	EXPECT_TRUE(plan.missed_more);
	EXPECT_EQ(plan.next, 365 * 86400 + 1);
	EXPECT_LT(calls, 20000);
}

TEST(DuePlan, BurstsFarApartKeepTheirLastDueTime)
{
	// Sixty times an hour in one hour of each year, for long.
	constexpr int64_t kYear = 365 * 86400;
	NextDueFunction const yearly = [](int64_t after) -> std::optional<int64_t> {
		int64_t const at = after + 1;
		int64_t const in_year = at % kYear;
		if (in_year >= 3600) {
			return at - in_year + kYear;
		}
		return at - in_year + (in_year + 59) / 60 * 60;
	};
	DuePlan const plan = PlanDue(0, 200 * kYear + 7200, OnMissed::RunOnce, yearly);
	ASSERT_EQ(plan.runs.size(), 1U);
	EXPECT_EQ(plan.runs.front(), 200 * kYear + 3600);
	EXPECT_TRUE(plan.missed_more);
	EXPECT_EQ(plan.next, 201 * kYear);
}

TEST(DuePlan, AScheduleThatHasEndedHasNoNext)
{
	DuePlan const plan = PlanDue(300, 2000, OnMissed::RunOnce, EveryStep(300, 900));
	EXPECT_EQ(plan.runs, std::vector<int64_t>{900});
	EXPECT_EQ(plan.missed, 2);
	EXPECT_EQ(plan.next, std::nullopt);
}

TEST(DuePlan, AClockThatWasSetBackFiresNothingTwice)
{
	// The stored due time lies after now when the clock was set back: nobody asks then. At the due time itself:
	DuePlan const plan = PlanDue(900, 900, OnMissed::RunAll, EveryStep(300));
	EXPECT_EQ(plan.runs, std::vector<int64_t>{900});
	EXPECT_EQ(plan.next, 1200);
}

} // namespace
} // namespace sluice
