#include "core/chain_rule.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

TEST(Judge, FollowsTheRule)
{
	struct {
		const char *rule;
		ParentCounts parents; // total, over, succeeded
		Verdict verdict;
	} const cases[] = {
		{"all_success", {2, 0, 0}, Verdict::Wait}, {"all_success", {2, 1, 1}, Verdict::Wait},
		{"all_success", {2, 1, 0}, Verdict::Wait}, {"all_success", {2, 2, 2}, Verdict::Run},
		{"all_success", {2, 2, 1}, Verdict::Skip}, {"all_success", {1, 1, 0}, Verdict::Skip},
		{"all_done", {2, 1, 1}, Verdict::Wait},	   {"all_done", {2, 2, 0}, Verdict::Run},
		{"all_done", {2, 2, 1}, Verdict::Run},	   {"all_done", {2, 2, 2}, Verdict::Run},
		{"any_success", {2, 0, 0}, Verdict::Wait}, {"any_success", {2, 1, 0}, Verdict::Wait},
		{"any_success", {2, 1, 1}, Verdict::Run},  {"any_success", {2, 2, 1}, Verdict::Run},
		{"any_success", {2, 2, 0}, Verdict::Skip}, {"something else", {2, 2, 1}, Verdict::Skip},
	};
	for (const auto &c : cases) {
		EXPECT_EQ(Judge(DependsRuleOf(c.rule), c.parents), c.verdict)
			<< c.rule << " " << c.parents.total << " " << c.parents.over << " " << c.parents.succeeded;
	}
}

TEST(ChainOutcome, IsTheWorst)
{
	EXPECT_EQ(ChainOutcome({}), "success");
	EXPECT_EQ(ChainOutcome({"success", "success"}), "success");
	EXPECT_EQ(ChainOutcome({"success", "success by fallback"}), "success by fallback");
	EXPECT_EQ(ChainOutcome({"success by fallback", "skipped"}), "skipped");
	EXPECT_EQ(ChainOutcome({"skipped", "stopped", "success"}), "stopped");
	EXPECT_EQ(ChainOutcome({"skipped", "stopped", "failed"}), "failed");
}

} // namespace
} // namespace sluice::test
