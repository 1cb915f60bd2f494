#include "core/parallel_choice.hpp"

#include <gtest/gtest.h>

namespace sluice {

namespace {

constexpr int64_t kGigabyte = int64_t{1} << 30;

TEST(ParallelChoice, TheOptionDecides)
{
	EXPECT_EQ(ChooseParallel({"3", "", 100, 1000, 1, 0}).streams, 3);
	EXPECT_EQ(ChooseParallel({"1", "", 100, kGigabyte * 100, 64, 64}).streams, 1);
	EXPECT_EQ(ChooseParallel({"3", "", 2, 16384, 64, 64}).streams, 1);
}

TEST(ParallelChoice, AnObstacleIsTheReason)
{
	ParallelChoice const choice = ChooseParallel({"4", "it is a view", 0, 0, 64, 64});
	EXPECT_EQ(choice.streams, 1);
	EXPECT_EQ(choice.reason, "it is a view");
	EXPECT_EQ(ChooseParallel({"auto", "it is a view", 0, kGigabyte * 10, 64, 64}).reason, "it is a view");
}

TEST(ParallelChoice, AutoNeedsSizeCoresAndWorkers)
{
	EXPECT_EQ(ChooseParallel({"auto", "", 1000, kGigabyte - 1, 64, 64}).streams, 1);
	EXPECT_EQ(ChooseParallel({"auto", "", 131072, kGigabyte, 2, 64}).streams, 1);
	EXPECT_EQ(ChooseParallel({"auto", "", 131072, kGigabyte, 4, 64}).streams, 2);
	EXPECT_EQ(ChooseParallel({"auto", "", 131072, kGigabyte * 50, 64, 64}).streams, 4);
	EXPECT_EQ(ChooseParallel({"auto", "", 131072, kGigabyte * 50, 64, 3}).streams, 3);
	ParallelChoice const none = ChooseParallel({"auto", "", 131072, kGigabyte * 50, 64, 1});
	EXPECT_EQ(none.streams, 1);
	EXPECT_EQ(none.reason, "there are not two free background worker slots");
}

TEST(ParallelChoice, PiecesFollowStreamsAndSize)
{
	EXPECT_EQ(PieceCount(0, 3), 12);
	EXPECT_EQ(PieceCount(kGigabyte * 40, 2), 40);
	EXPECT_EQ(PieceCount(kGigabyte * 100000, 2), kMaxPieces / 4);
}

// Every page of every table once, and the end of every table is open once.
void
ExpectAllOnce(const std::vector<TableExtent> &tables, int pieces)
{
	auto const cut = CutTables(tables, pieces);
	EXPECT_LE(cut.size(), static_cast<size_t>(kMaxPieces));
	std::vector<int64_t> reached(tables.size(), 0);
	std::vector<int> ends(tables.size(), 0);
	for (const auto &piece : cut) {
		ASSERT_FALSE(piece.empty());
		for (const PageRange &range : piece) {
			EXPECT_EQ(range.first, reached[range.table]);
			EXPECT_EQ(ends[range.table], 0);
			reached[range.table] = range.end;
			ends[range.table] += range.end == 0 ? 1 : 0;
		}
	}
	for (size_t i = 0; i < tables.size(); ++i) {
		EXPECT_EQ(ends[i], 1) << i;
	}
}

TEST(ParallelChoice, PiecesCoverAllPagesOnce)
{
	for (int64_t const blocks :
		 {int64_t{0}, int64_t{1}, int64_t{3}, int64_t{100}, int64_t{1000000}, int64_t{4294967294}}) {
		ExpectAllOnce({{blocks, true}}, 12);
		ExpectAllOnce({{blocks, false}}, 12);
		ExpectAllOnce({{blocks, true}, {1, true}, {blocks, true}, {0, true}, {50, false}}, kMaxPieces);
	}
	EXPECT_EQ(CutTables({{120, true}}, 12).size(), 12U);
	EXPECT_EQ(CutTables({{120, false}}, 12).size(), 1U);
}

TEST(ParallelChoice, SmallTablesArePacked)
{
	std::vector<TableExtent> const tables(5000, {3, true});
	EXPECT_LE(CutTables(tables, 12).size(), 13U);
	ExpectAllOnce(tables, 12);
	std::vector<TableExtent> mixed(5000, {3, true});
	for (size_t i = 0; i < mixed.size(); i += 10) {
		mixed[i].blocks = 100000;
	}
	ExpectAllOnce(mixed, kMaxPieces);
}

} // namespace

} // namespace sluice
