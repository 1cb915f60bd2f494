#include "core/number_text.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

TEST(NumberText, KnowsNumbers)
{
	for (const char *number : {"0", "12", "-12", "+3", "0.5", ".5", "5.", "1e6", "-1.5E-3", " 7 "}) {
		EXPECT_TRUE(IsNumberText(number)) << number;
	}
	for (const char *other :
		 {"", " ", "-", ".", "1 day", "2026-01-01", "12:00", "e6", "1e", "1e+", "NaN", "1,5", "--1"}) {
		EXPECT_FALSE(IsNumberText(other)) << other;
	}
}

} // namespace
} // namespace sluice::test
