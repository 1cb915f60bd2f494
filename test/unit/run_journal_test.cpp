#include "core/run_journal.hpp"
#include "core/text_bounds.hpp"

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
	journal.EnterPhase(RunPhase::Connecting);
	journal.Info("connected", R"({"server": "x"})");
	journal.EnterPhase(RunPhase::Loading);
	journal.Warning("slow");
	journal.Failure("gone");
	ASSERT_EQ(journal.Lines().size(), 3U);
	EXPECT_EQ(journal.Phase(), RunPhase::Loading);
	EXPECT_EQ(journal.Lines()[0].at, 42);
	EXPECT_EQ(journal.Lines()[0].level, "info");
	EXPECT_EQ(journal.Lines()[0].phase, RunPhase::Connecting);
	EXPECT_EQ(journal.Lines()[0].data, R"({"server": "x"})");
	EXPECT_EQ(journal.Lines()[1].level, "warning");
	EXPECT_EQ(journal.Lines()[2].level, "error");
	EXPECT_EQ(journal.Dropped(), 0);
	EXPECT_EQ(journal.Lines()[2].message, "gone");
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
	ASSERT_EQ(journal.Lines().size(), 1U);
	EXPECT_LE(journal.Lines()[0].message.size(), Bound(Text::Message));
	journal.Info("line", std::string(10 * 1024, 'y'));
	EXPECT_EQ(journal.Lines()[1].data, "");
	for (int i = 0; i < 200; ++i) {
		journal.Info(std::string(20 * 1024, 'x'), std::string(6 * 1024, 'y'));
	}
	size_t bytes = 0;
	for (const auto &line : journal.Lines()) {
		bytes += line.message.size() + line.data.size();
	}
	EXPECT_LE(bytes, 1024U * 1024U);
	EXPECT_GT(bytes, 1000U * 1024U);
	size_t const lines = journal.Lines().size();
	EXPECT_EQ(journal.Dropped(), 202 - static_cast<int64_t>(lines));
	// A short line still fits after one that did not.
	journal.Info("short");
	EXPECT_EQ(journal.Lines().size(), lines + 1);
}

TEST(RunJournal, LeavesOutWhatTheChunkBeforeSaidToo)
{
	RunJournal journal(FixedClock);
	auto const chunk = [&journal](std::vector<std::string> said) {
		for (std::string &message : said) {
			journal.Info(std::move(message));
		}
		std::vector<std::string> told;
		for (const JournalLine &line : journal.Lines()) {
			told.push_back(line.message);
		}
		journal.BeginChunk();
		return told;
	};
	using Told = std::vector<std::string>;
	EXPECT_EQ(chunk({"path: append", "5 rows"}), (Told{"path: append", "5 rows"}));
	EXPECT_EQ(chunk({"path: append", "7 rows"}), (Told{"7 rows"}));
	EXPECT_EQ(chunk({"path: append", "7 rows"}), Told{});
	EXPECT_EQ(chunk({"path: by SQL", "5 rows"}), (Told{"path: by SQL", "5 rows"}));
	EXPECT_EQ(chunk({"path: append", "5 rows"}), (Told{"path: append"})) << "it has changed back";
	for (int i = 0; i < 2; ++i) {
		journal.BeginChunk();
		journal.Warning("slow");
		journal.EachTime("5 rows");
		journal.Failure("gone");
	}
	ASSERT_EQ(journal.Lines().size(), 2U);
	EXPECT_EQ(journal.Lines()[0].message, "5 rows");
	EXPECT_EQ(journal.Lines()[1].message, "gone");
}

TEST(RunJournal, HasRoomForEachChunk)
{
	RunJournal journal(FixedClock);
	for (int i = 0; i < 1500; ++i) {
		journal.Warning("line");
	}
	journal.BeginChunk();
	EXPECT_TRUE(journal.Lines().empty());
	EXPECT_EQ(journal.Dropped(), 0);
	journal.EachTime("line");
	EXPECT_EQ(journal.Lines().size(), 1U);
}

} // namespace
} // namespace sluice::test
