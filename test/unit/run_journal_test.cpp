#include "core/run_journal.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

int64_t
FixedClock()
{
	return 42;
}

TEST(RunJournal, KeepsLinesInOrderWithTheirPhase)
{
	RunJournal journal(FixedClock);
	journal.EnterPhase("connecting");
	journal.Info("connected", R"({"server": "x"})");
	journal.EnterPhase("loading");
	journal.Warning("slow");
	journal.Failure("gone");
	ASSERT_EQ(journal.Lines().size(), 3U);
	EXPECT_EQ(journal.Phase(), "loading");
	EXPECT_EQ(journal.Lines()[0].at, 42);
	EXPECT_EQ(journal.Lines()[0].level, "info");
	EXPECT_EQ(journal.Lines()[0].phase, "connecting");
	EXPECT_EQ(journal.Lines()[0].data, R"({"server": "x"})");
	EXPECT_EQ(journal.Lines()[1].level, "warning");
	EXPECT_EQ(journal.Lines()[2].level, "error");
	EXPECT_EQ(journal.Dropped(), 0);
	EXPECT_EQ(journal.Text(1000), "info [connecting] connected\nwarning [loading] slow\nerror [loading] gone\n");
}

TEST(RunJournal, HoldsABoundedNumberOfLines)
{
	RunJournal journal(FixedClock);
	for (int i = 0; i < 1500; ++i) {
		journal.Info("line");
	}
	EXPECT_EQ(journal.Lines().size(), 1000U);
	EXPECT_EQ(journal.Dropped(), 500);
}

TEST(RunJournal, HoldsABoundedNumberOfBytes)
{
	RunJournal journal(FixedClock);
	journal.Info(std::string(2 * 1024 * 1024, 'x'));
	EXPECT_EQ(journal.Lines().size(), 0U);
	for (int i = 0; i < 100; ++i) {
		journal.Info(std::string(20 * 1024, 'x'), std::string(10 * 1024, 'y'));
	}
	EXPECT_EQ(journal.Lines().size(), 34U);
	EXPECT_EQ(journal.Dropped(), 67);
	// A short line still fits after one that did not.
	journal.Info("short");
	EXPECT_EQ(journal.Lines().size(), 35U);
}

TEST(RunJournal, CapsItsText)
{
	RunJournal journal(FixedClock);
	for (int i = 0; i < 100; ++i) {
		journal.Info("0123456789");
	}
	std::string const text = journal.Text(100);
	EXPECT_LE(text.size(), 104U);
	EXPECT_TRUE(text.ends_with("...\n"));
	EXPECT_TRUE(text.starts_with("info [] 0123456789\n"));
}

} // namespace
} // namespace sluice::test
