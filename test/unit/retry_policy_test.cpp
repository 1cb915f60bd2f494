#include "core/retry_policy.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace sluice {
namespace {

TEST(RetryPolicy, SaysWhichErrorsPassByThemselves)
{
	struct Case {
		const char *code;
		bool transient;
		bool outage;
	};
	const Case cases[] = {
		{"08000", true, true},	 {"08001", true, true},	  {"08006", true, true},   {"08P01", false, false},
		{"53000", true, false},	 {"53100", true, false},  {"53200", true, false},  {"53300", true, true},
		{"53400", false, false}, {"40001", true, false},  {"40P01", true, false},  {"40002", false, false},
		{"25P04", true, false},	 {"55P03", true, false},  {"55006", true, false},  {"55000", false, false},
		{"57P01", true, true},	 {"57P02", true, true},	  {"57P03", true, true},   {"57014", false, false},
		{"57P05", true, false},	 {"58030", true, false},  {"HV00N", true, true},   {"HV000", false, false},
		{"SL004", true, false},	 {"SL005", true, true},	  {"SL006", true, false},  {"SL001", false, false},
		{"23505", false, false}, {"22P02", false, false}, {"28P01", false, false}, {"42P01", false, false},
		{"SL009", false, false}, {"SL010", true, false},  {"42501", false, false}, {"XX000", false, false},
		{"3D000", false, false}, {"0A000", false, false},
	};
	for (const Case &c : cases) {
		EXPECT_EQ(IsTransient(SqlStateFromText(c.code)), c.transient) << c.code;
		EXPECT_EQ(IsSourceOutage(SqlStateFromText(c.code)), c.outage) << c.code;
	}
}

TEST(RetryPolicy, TextThatIsNoSqlStateIsNothing)
{
	EXPECT_EQ(SqlStateFromText(""), 0);
	EXPECT_EQ(SqlStateFromText("0800"), 0);
	EXPECT_EQ(SqlStateFromText("080066"), 0);
	EXPECT_EQ(SqlStateText(SqlStateFromText("SL004")), "SL004");
}

TEST(RetryPolicy, TheWaitDoublesUpToItsCap)
{
	RetryPolicy const policy{6, 10, 100};
	int const state = SqlState("08006");
	// In the middle of the spread.
	int64_t const expected[] = {10, 20, 40, 80, 100, 100};
	for (int attempt = 1; attempt <= 6; ++attempt) {
		EXPECT_EQ(RetryDelay(policy, state, attempt, 0.5), expected[attempt - 1]) << attempt;
	}
	EXPECT_EQ(RetryDelay(policy, state, 7, 0.5), std::nullopt);
}

TEST(RetryPolicy, TheWaitIsSpreadByAFifthAndStaysUnderItsCap)
{
	RetryPolicy const policy{3, 1000, 1100};
	EXPECT_EQ(RetryDelay(policy, SqlState("40001"), 1, 0.0), 800);
	EXPECT_EQ(RetryDelay(policy, SqlState("40001"), 1, 0.999), 1100);
	EXPECT_EQ(RetryDelay(policy, SqlState("40001"), 2, 0.0), 880);
}

TEST(RetryPolicy, LongWaitsDoNotOverflow)
{
	RetryPolicy const policy{1000, INT64_MAX / 4, INT64_MAX / 2};
	EXPECT_EQ(RetryDelay(policy, SqlState("08006"), 1000, 0.999), INT64_MAX / 2);
}

TEST(RetryPolicy, WhatWillFailAgainIsNotTriedAgain)
{
	EXPECT_EQ(RetryDelay({5, 10, 100}, SqlState("23505"), 1, 0.5), std::nullopt);
	EXPECT_EQ(RetryDelay({0, 10, 100}, SqlState("08006"), 1, 0.5), std::nullopt);
}

TEST(RetryPolicy, ARunWhoseRowsMayBeElsewhereIsLookedFor)
{
	struct Case {
		const char *status;
		const char *code;
		const char *phase;
		bool was_unknown;
		bool unknown;
	};
	const Case cases[] = {
		{"failed", "SL004", "", false, true}, // with the whole server
		{"failed", "SL004", "committing", false, true},
		{"failed", "SL010", "committing", false, true},
		{"failed", "SL006", "committing", false, true},
		{"stopped", "", "committing", false, true},
		{"failed", "SL004", "loading", false, false},
		{"failed", "SL004", "starting", false, false},
		{"failed", "SL010", "finishing", false, false}, // the ledger has said no
		{"failed", "55P03", "checking", false, true},	// an earlier attempt is still open there
		{"failed", "55P03", "loading", false, false},
		{"stopped", "", "loading", false, false},
		{"success", "", "finishing", true, false},
		// An attempt that was to find out.
		{"failed", "SL010", "checking", true, true},
		{"failed", "SL004", "starting", true, true},
		{"failed", "28P01", "checking", true, true},
		{"failed", "SL009", "checking", true, false},
		{"failed", "08006", "connecting", true, false}, // it had looked
		{"stopped", "", "checking", true, true},
		{"stopped", "", "", true, true}, // while it was queued
		{"skipped", "", "", true, true},
		{"skipped", "", "", false, false},
		{"stopped", "", "loading", true, false},
	};
	for (const Case &c : cases) {
		EXPECT_EQ(IsOutcomeUnknown({c.status, SqlStateFromText(c.code), ParsePhase(c.phase), c.was_unknown}), c.unknown)
			<< c.status << " " << c.code << " " << c.phase;
	}
}

TEST(RetryPolicy, SomeLooksAreTakenWhateverTheRetries)
{
	EXPECT_EQ(LookDelay({0, 10, 100}, 1, 0.5), 10);
	EXPECT_EQ(LookDelay({0, 10, 100}, kMaxLooks, 0.5), 100);
	EXPECT_EQ(LookDelay({0, 10, 100}, kMaxLooks + 1, 0.5), std::nullopt);
	EXPECT_NE(LookDelay({3, 10, 100}, kMaxLooks + 3, 0.5), std::nullopt);
}

TEST(RetryPolicy, ASourceIsLeftAloneAfterFailuresInARow)
{
	EXPECT_EQ(OutageDelay(4, 5, 60, 900), std::nullopt);
	EXPECT_EQ(OutageDelay(5, 5, 60, 900), 60);
	EXPECT_EQ(OutageDelay(6, 5, 60, 900), 120);
	EXPECT_EQ(OutageDelay(9, 5, 60, 900), 900);
	EXPECT_EQ(OutageDelay(1000000, 5, 60, 900), 900);
	EXPECT_EQ(OutageDelay(1000000, 0, 60, 900), std::nullopt);
}

} // namespace
} // namespace sluice
