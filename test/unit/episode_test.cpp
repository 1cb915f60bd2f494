#include "core/episode.hpp"

#include <gtest/gtest.h>

namespace {

using sluice::Episode;

constexpr int64_t kPatience = 1000;

TEST(Episode, IsToldOnceItHasLasted)
{
	Episode episode(kPatience);
	EXPECT_FALSE(episode.IsNews(5000));
	EXPECT_FALSE(episode.IsNews(5999));
	EXPECT_TRUE(episode.IsNews(6000));
	EXPECT_FALSE(episode.IsNews(9000));
}

TEST(Episode, BeginsAnewAfterAnInterruption)
{
	Episode episode(kPatience);
	EXPECT_FALSE(episode.IsNews(5000));
	episode.Interrupt();
	EXPECT_FALSE(episode.IsNews(6500));
	EXPECT_TRUE(episode.IsNews(7500));
	episode.Interrupt();
	EXPECT_FALSE(episode.IsNews(9000));
	EXPECT_FALSE(episode.IsNews(10000)) << "told already";
}

TEST(Episode, IsToldAgainAfterItsEnd)
{
	Episode episode(kPatience);
	EXPECT_FALSE(episode.IsNews(5000));
	EXPECT_TRUE(episode.IsNews(6000));
	episode.End();
	EXPECT_FALSE(episode.IsNews(7000));
	EXPECT_TRUE(episode.IsNews(8000));
}

} // namespace
