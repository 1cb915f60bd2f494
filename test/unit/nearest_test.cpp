#include "core/nearest.hpp"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

TEST(Nearest, FindsWhatWasMeantOrNothing)
{
	std::vector<std::string> const candidates = {"connect_timeout", "fetch_size", "jit", "work_mem", "analyze", "ab"};
	struct {
		const char *typed;
		const char *nearest; // null: nothing
	} const cases[] = {
		{"fetchsize", "fetch_size"},
		{"FETCH_SIZE", "fetch_size"},
		{"conect_timeot", "connect_timeout"},
		{"wrok_mem", "work_mem"},
		{"analyse", "analyze"},
		{"jti", "jit"},
		{"jit", "jit"},
		{"ba", "ab"},
		{"xy", nullptr},
		{"", nullptr},
		{"j", nullptr},
		{"parallel_workers", nullptr},
		{"size", nullptr},
	};
	for (const auto &c : cases) {
		std::optional<std::string> const nearest = Nearest(c.typed, candidates);
		EXPECT_EQ(nearest.value_or("(nothing)"), c.nearest == nullptr ? "(nothing)" : c.nearest) << c.typed;
	}
}

TEST(Nearest, TakesTheLeastDistanceAndTheFirstOfEquals)
{
	std::vector<std::string> const candidates = {"orders_old", "order", "orders", "ordern"};
	EXPECT_EQ(Nearest("orderss", candidates), "orders");
	EXPECT_EQ(Nearest("orderx", candidates), "order");
}

TEST(Nearest, IsBounded)
{
	std::vector<std::string> const candidates = {std::string(100'000, 'a')};
	EXPECT_FALSE(Nearest(std::string(100'000, 'a'), candidates).has_value());
	EXPECT_FALSE(Nearest("a", std::vector<std::string>()).has_value());
}

} // namespace
} // namespace sluice::test
