#include "core/identifier.hpp"

#include <gtest/gtest.h>

#include "core/sqlstate.hpp"

namespace sluice::test {
namespace {

std::string
Repeat(std::string_view text, int times)
{
	std::string repeated;
	for (int i = 0; i < times; ++i) {
		repeated += text;
	}
	return repeated;
}

TEST(PipelineName, Accepts)
{
	for (const std::string &name :
		 {std::string("daily_sales"), std::string("Tägliche Umsätze"), std::string("a"), std::string(" x "),
		  std::string("a.b"), std::string("'); DROP TABLE x; --"), Repeat("a", 255), Repeat("ä", 255),
		  std::string("日次売上"), std::string("0199a0c4-0000-7000-8000-00000000000"), std::string("\xC2\xA0x")}) {
		EXPECT_NO_THROW(CheckPipelineName(name)) << name;
	}
}

TEST(PipelineName, Refuses)
{
	struct {
		std::string name;
		const char *message;
	} const cases[] = {
		{"", "pipeline name must not be empty"},
		{" \t ", "pipeline name must not be empty"},
		{"a\nb", "pipeline name must not contain control characters"},
		{"a\x7F", "pipeline name must not contain control characters"},
		{"a\xC2\x85", "pipeline name must not contain control characters"},
		{"sales\u202Eelif", "pipeline name must not contain the character U+202E"},
		{"sales\u200B", "pipeline name must not contain the character U+200B"},
		{"\uFEFFsales", "pipeline name must not contain the character U+FEFF"},
		{Repeat("a", 256), "pipeline name is too long: 256 characters"},
		{Repeat("ä", 256), "pipeline name is too long: 256 characters"},
		{"team/x", "pipeline name \"team/x\" must not contain a slash"},
		{"0199a0c4-0000-7000-8000-000000000000",
		 "pipeline name \"0199a0c4-0000-7000-8000-000000000000\" must not look like a uuid"},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.name);
		try {
			CheckPipelineName(c.name);
			ADD_FAILURE() << "accepted";
		} catch (const Error &error) {
			EXPECT_EQ(error.State(), sqlstate::kInvalidName);
			EXPECT_EQ(error.Info().message, c.message);
			EXPECT_FALSE(error.Info().hint.empty());
		}
	}
}

TEST(LooksLikeUuid, TakesEverySpellingOfTheServer)
{
	for (const char *const text :
		 {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
		  "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11",
		  "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}"}) {
		EXPECT_TRUE(LooksLikeUuid(text)) << text;
	}
	for (const char *const text : {"", "{}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
								   "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
								   "-a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
								   "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11", "a0e-ebc999c0b4ef8bb6d6bb9bd380a11",
								   "{a0eebc999c0b4ef8bb6d6bb9bd380a11", " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}) {
		EXPECT_FALSE(LooksLikeUuid(text)) << text;
	}
}

TEST(QualifiedName, Splits)
{
	using Strings = std::vector<std::string>;
	struct {
		const char *name;
		Strings parts;
		std::vector<bool> quoted;
	} const cases[] = {
		{"a", {"a"}, {false}},
		{"Shop.Sales_Orders", {"Shop", "Sales_Orders"}, {false, false}},
		{"\"A.b\".c", {"A.b", "c"}, {true, false}},
		{"\"say \"\"hi\"\"\"", {"say \"hi\""}, {true}},
		{"\"\"\"\"", {"\""}, {true}},
		{"a.b.c", {"a", "b", "c"}, {false, false, false}},
		{" a . \"B\" ", {"a", "B"}, {false, true}},
		{"my table", {"my table"}, {false}},
		{"größe.straße", {"größe", "straße"}, {false, false}},
		{"\" x \"", {" x "}, {true}},
		{"$a-b", {"$a-b"}, {false}},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.name);
		EXPECT_EQ(SplitQualifiedName(c.name), c.parts);
		std::vector<bool> quoted;
		for (const NamePart &part : SplitNameParts(c.name)) {
			quoted.push_back(part.quoted);
		}
		EXPECT_EQ(quoted, c.quoted);
	}
}

TEST(QualifiedName, Refuses)
{
	struct {
		const char *name;
		const char *detail;
	} const cases[] = {
		{"", "A part is empty."},
		{"  ", "A part is empty."},
		{".", "A part is empty."},
		{"a.", "A part is empty."},
		{".a", "A part is empty."},
		{"a..b", "A part is empty."},
		{"\"\"", "A part is empty."},
		{"a.\"\"", "A part is empty."},
		{"\"a", "A double quote is not closed."},
		{"\"a\"\"", "A double quote is not closed."},
		{"a\"b\"", "A double quote stands in the middle of a part."},
		{"\"a\"b", "Text follows a closing double quote."},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(c.name);
		try {
			SplitQualifiedName(c.name);
			ADD_FAILURE() << "accepted";
		} catch (const Error &error) {
			EXPECT_EQ(error.State(), sqlstate::kInvalidName);
			EXPECT_EQ(error.Info().detail, c.detail);
			EXPECT_FALSE(error.Info().hint.empty());
		}
	}
}

} // namespace
} // namespace sluice::test
