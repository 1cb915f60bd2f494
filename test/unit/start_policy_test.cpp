#include "core/start_policy.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

LiveCounts
Live(int cluster, int database = 0, int owner = 0, int source = 0)
{
	LiveCounts live;
	live.cluster = cluster;
	live.database = database;
	live.owner = owner;
	live.source = source;
	live.free_place = true;
	return live;
}

StartLimits
Limits(int cluster, int database = 0, int owner = 0, int source = 0)
{
	return {cluster, database, owner, source, false};
}

TEST(StartPolicy, Table)
{
	struct Case {
		const char *what;
		LiveCounts live;
		StartLimits limits;
		Refusal expected;
	};
	const Case cases[] = {
		{"nothing is live", Live(0), Limits(4, 2, 2, 1), Refusal::None},
		{"one place is left", Live(3, 1, 1, 0), Limits(4, 2, 2, 1), Refusal::None},
		{"the cluster is full", Live(4), Limits(4), Refusal::ClusterFull},
		{"more than full after a reload", Live(9), Limits(4), Refusal::ClusterFull},
		{"the database is full", Live(2, 2), Limits(4, 2), Refusal::DatabaseFull},
		{"the owner has enough", Live(2, 1, 2), Limits(4, 2, 2), Refusal::OwnerFull},
		{"the source has enough", Live(2, 1, 1, 1), Limits(4, 2, 2, 1), Refusal::SourceFull},
		{"0 is no limit", Live(3, 3, 3, 3), Limits(4), Refusal::None},
		{"the cluster comes first", Live(4, 4, 4, 4), Limits(4, 1, 1, 1), Refusal::ClusterFull},
	};
	for (const Case &c : cases) {
		EXPECT_EQ(WhyNotNow({}, c.live, c.limits), c.expected) << c.what;
	}
}

TEST(StartPolicy, AnOlderRunElsewhereHasTheNextPlace)
{
	LiveCounts live = Live(3);
	live.older_elsewhere = 1;
	EXPECT_EQ(WhyNotNow({}, live, Limits(4)), Refusal::ClusterFull);
	EXPECT_EQ(WhyNotNow({}, live, Limits(5)), Refusal::None);
}

TEST(StartPolicy, ThereMayBeNoRoomInSharedMemory)
{
	LiveCounts live = Live(0);
	live.free_place = false;
	EXPECT_EQ(WhyNotNow({}, live, Limits(4)), Refusal::ClusterFull);
}

TEST(StartPolicy, APipelineRunsOnceAtATime)
{
	LiveCounts live = Live(1, 1);
	live.pipeline = true;
	EXPECT_EQ(WhyNotNow({}, live, Limits(4)), Refusal::PipelineBusy);
	EXPECT_EQ(WhyNotNow({true, false}, live, Limits(4)), Refusal::StopRequested);
}

TEST(StartPolicy, OneRunInTheWholeDatabase)
{
	StartLimits limits = Limits(4);
	limits.single_run = true;
	EXPECT_EQ(WhyNotNow({}, Live(1, 1), limits), Refusal::SingleRun);
	EXPECT_EQ(WhyNotNow({}, Live(3, 0), limits), Refusal::None);
}

TEST(StartPolicy, OneRunFindsOutWhetherASourceIsBack)
{
	StartRequest const trial{false, true};
	EXPECT_EQ(WhyNotNow(trial, Live(0), Limits(4)), Refusal::None);
	LiveCounts live = Live(1, 1, 0, 1);
	EXPECT_EQ(WhyNotNow(trial, live, Limits(4)), Refusal::None) << "another owner's run says nothing";
	live.access = 1;
	EXPECT_EQ(WhyNotNow(trial, live, Limits(4)), Refusal::SourceOnTrial);
}

} // namespace
} // namespace sluice
