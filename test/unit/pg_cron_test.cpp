#include <gtest/gtest.h>

#include "core/pg_cron.hpp"

namespace sluice::test {
namespace {

TEST(PgCron, SchedulesThatSayTheSame)
{
	struct {
		const char *theirs;
		const char *ours;
	} const cases[] = {
		{"*/5 * * * *", "*/5 * * * *"},	 {" 0\t2 * *  mon-fri ", "0 2 * * mon-fri"},
		{"0 0 $ * *", "0 0 L * *"},		 {"@daily", "@daily"},
		{"@midnight", "@midnight"},		 {"30 seconds", "every 30 seconds"},
		{"1 second", "every 1 seconds"}, {"10 Seconds", "every 10 seconds"},
	};
	for (const auto &one : cases) {
		EXPECT_EQ(TranslatePgCron(one.theirs).schedule, one.ours) << one.theirs;
	}
	EXPECT_EQ(TranslatePgCron("0 0 * * *").note, "");
	EXPECT_NE(TranslatePgCron("30 seconds").note, "");
}

TEST(PgCron, WhatHasNoScheduleHereSaysWhy)
{
	for (const char *theirs : {"@reboot", "*/60 * * * *", "0 0 30 2 *", "nonsense", "0 seconds", ""}) {
		FromPgCron const ours = TranslatePgCron(theirs);
		EXPECT_FALSE(ours.schedule) << theirs;
		EXPECT_NE(ours.note, "") << theirs;
	}
}

} // namespace
} // namespace sluice::test
