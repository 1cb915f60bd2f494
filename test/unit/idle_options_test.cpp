#include "core/idle_options.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using Lines = std::vector<std::string>;

OptionValues
Given(std::initializer_list<std::pair<const char *, const char *>> options)
{
	OptionValues values;
	for (const auto &[key, value] : options) {
		values.Set(key, JsonType::String, value);
	}
	return values;
}

TEST(IdleOptions, TellsWhatDoesNothing)
{
	EXPECT_EQ(IdleOptions(Given({{"lag", "1 hour"}}), LoadMode::Append, false),
			  Lines{"lag (it needs a cursor_column)"});
	EXPECT_EQ(
		IdleOptions(Given({{"scope", "true"}, {"on_tie", "last"}, {"soft_delete_column", "gone"}}), LoadMode::Merge,
					true),
		(Lines{"scope (it is for load => 'mirror' and 'history')", "soft_delete_column (it is for load => 'mirror')"}));
	EXPECT_EQ(IdleOptions(Given({{"max_rejects", "5"}, {"merge_strategy", "upsert"}, {"valid_to_column", "x"}}),
						  LoadMode::Replace, false),
			  (Lines{"max_rejects (it needs on_reject => 'quarantine')", "merge_strategy (it is for load => 'merge')",
					 "valid_to_column (it is for load => 'history')"}));
}

TEST(IdleOptions, SaysNothingOfOthers)
{
	EXPECT_EQ(IdleOptions(Given({}), LoadMode::Append, false), Lines{});
	EXPECT_EQ(IdleOptions(Given({{"lag", "1 hour"}, {"on_null_cursor", "include"}, {"timeout", "5"}}), LoadMode::Append,
						  true),
			  Lines{});
	EXPECT_EQ(IdleOptions(Given({{"scope", "true"}, {"max_deletes", "5"}, {"on_tie", "last"}, {"current_column", "c"}}),
						  LoadMode::History, false),
			  Lines{});
	EXPECT_EQ(IdleOptions(Given({{"on_reject", "quarantine"}, {"max_rejects", "5"}}), LoadMode::Append, false),
			  Lines{});
}

} // namespace
} // namespace sluice
