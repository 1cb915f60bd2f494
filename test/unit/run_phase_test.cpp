#include "core/run_phase.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

TEST(RunPhase, EachHasANameOfItsOwn)
{
	for (int i = 0; i <= static_cast<int>(RunPhase::Committing); ++i) {
		auto const phase = static_cast<RunPhase>(i);
		EXPECT_EQ(ParsePhase(PhaseName(phase)), phase) << PhaseName(phase);
	}
	EXPECT_EQ(ParsePhase("dreaming"), RunPhase::None);
}

TEST(RunPhase, WhatFollowsTheLoadHasReachedTheSource)
{
	for (RunPhase const phase : {RunPhase::Loading, RunPhase::Indexing, RunPhase::Swapping, RunPhase::Analyzing,
								 RunPhase::Finishing, RunPhase::Committing, RunPhase::WaitingForRows}) {
		EXPECT_TRUE(HasReachedSource(phase)) << PhaseName(phase);
		EXPECT_TRUE(HasLookedBack(phase)) << PhaseName(phase);
	}
	for (RunPhase const phase :
		 {RunPhase::None, RunPhase::Starting, RunPhase::Preparing, RunPhase::Checking, RunPhase::Connecting}) {
		EXPECT_FALSE(HasReachedSource(phase)) << PhaseName(phase);
	}
}

} // namespace
} // namespace sluice::test
