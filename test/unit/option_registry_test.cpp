#include "core/option_registry.hpp"

#include <gtest/gtest.h>

#include "core/duration.hpp"
#include "core/sqlstate.hpp"

namespace sluice::test {
namespace {

TEST(OptionRegistry, IsWellFormed)
{
	std::string_view last;
	for (const OptionSpec &spec : AllOptions()) {
		SCOPED_TRACE(spec.key);
		EXPECT_LT(last, spec.key);
		last = spec.key;
		EXPECT_EQ(FindOption(spec.key), &spec);
		EXPECT_LE(spec.minimum, spec.maximum);
		EXPECT_TRUE(spec.meaning.ends_with('.'));
		EXPECT_FALSE(OptionTypeName(spec.type).empty());
		EXPECT_FALSE(OptionRangeText(spec).empty());
		EXPECT_EQ(spec.type == OptionType::Enumeration, !spec.allowed.empty());
		// A default is a value like any other, and already canonical.
		JsonType const type = spec.type == OptionType::Object ? JsonType::Object
							  : spec.type == OptionType::List ? JsonType::Array
															  : JsonType::String;
		EXPECT_EQ(CheckOption(spec.key, type, spec.default_text), spec.default_text);
		EXPECT_EQ(CheckOption(spec.key, JsonType::Null, "null"), spec.default_text);
	}
	EXPECT_EQ(FindOption("no_such_option"), nullptr);
}

TEST(OptionRegistry, AcceptsAndMakesCanonical)
{
	struct {
		const char *key;
		JsonType type;
		const char *value;
		const char *canonical;
	} const cases[] = {
		{"jit", JsonType::Boolean, "true", "true"},
		{"jit", JsonType::String, "Off", "false"},
		{"fetch_size", JsonType::Number, "1", "1"},
		{"fetch_size", JsonType::String, "1000000", "1000000"},
		{"connect_timeout", JsonType::Number, "90", "90"},
		{"connect_timeout", JsonType::Number, "1.5", "1.5"},
		{"connect_timeout", JsonType::String, "5 minutes", "300"},
		{"connect_timeout", JsonType::String, "00:05:00", "300"},
		{"source_idle_timeout", JsonType::Number, "0", "0"},
		{"swap_lock_timeout", JsonType::String, "250 ms", "0.25"},
		{"analyze", JsonType::String, "OFF", "off"},
		{"work_mem", JsonType::String, "64 mb", "64MB"},
		{"work_mem", JsonType::Number, "4096", "4096kB"},
		{"work_mem", JsonType::String, "1TB", "1TB"},
		{"work_mem", JsonType::String, "", ""},
		{"column_types", JsonType::Object, "{\"id\": \"bigint\"}", "{\"id\": \"bigint\"}"},
		{"exclude_columns", JsonType::Array, "[\"email\"]", "[\"email\"]"},
	};
	for (const auto &c : cases) {
		EXPECT_EQ(CheckOption(c.key, c.type, c.value), c.canonical) << c.key << " " << c.value;
	}
}

TEST(OptionRegistry, RefusesWithAHint)
{
	struct {
		const char *key;
		JsonType type;
		const char *value;
		const char *message;
		const char *hint;
	} const cases[] = {
		{"fetchsize", JsonType::Number, "1", "unrecognized option \"fetchsize\"", "Perhaps you meant \"fetch_size\"."},
		{"colour", JsonType::Null, "null", "unrecognized option \"colour\"",
		 "The view pipeline_options lists all options."},
		{"", JsonType::Null, "null", "unrecognized option \"\"", "The view pipeline_options lists all options."},
		{"column_types", JsonType::String, "bigint", "invalid value for option \"column_types\": \"bigint\"",
		 "The option takes an object of texts: such as {\"id\": \"bigint\"}."},
		{"exclude_columns", JsonType::String, "email", "invalid value for option \"exclude_columns\": \"email\"",
		 "The option takes a list of texts: such as [\"email\", \"phone\"]."},
		{"fetch_size", JsonType::Number, "0", "invalid value for option \"fetch_size\": \"0\"",
		 "The option takes an integer: 1 to 1000000."},
		{"fetch_size", JsonType::Number, "1.5", "invalid value for option \"fetch_size\": \"1.5\"",
		 "The option takes an integer: 1 to 1000000."},
		{"fetch_size", JsonType::Number, "1000001", "invalid value for option \"fetch_size\": \"1000001\"",
		 "The option takes an integer: 1 to 1000000."},
		{"fetch_size", JsonType::Boolean, "true", "invalid value for option \"fetch_size\": \"true\"",
		 "The option takes an integer: 1 to 1000000."},
		{"connect_timeout", JsonType::Number, "0", "invalid value for option \"connect_timeout\": \"0\"",
		 "The option takes a number of seconds or an interval such as \"5 minutes\": 1 second to 1 hour."},
		{"connect_timeout", JsonType::String, "soon", "invalid value for option \"connect_timeout\": \"soon\"",
		 "The option takes a number of seconds or an interval such as \"5 minutes\": 1 second to 1 hour."},
		{"connect_timeout", JsonType::Array, "[1]", "invalid value for option \"connect_timeout\": \"[1]\"",
		 "The option takes a number of seconds or an interval such as \"5 minutes\": 1 second to 1 hour."},
		{"analyze", JsonType::String, "maybe", "invalid value for option \"analyze\": \"maybe\"",
		 "The option takes one of: auto, off."},
		{"start_at", JsonType::String, "tomorrow", "invalid value for option \"start_at\": \"tomorrow\"",
		 "The option takes a point in time in ISO 8601: such as 2026-12-01 or 2026-12-01 02:00:00+01:00."},
		{"end_at", JsonType::Number, "20261201", "invalid value for option \"end_at\": \"20261201\"",
		 "The option takes a point in time in ISO 8601: such as 2026-12-01 or 2026-12-01 02:00:00+01:00."},
		{"jit", JsonType::Number, "1", "invalid value for option \"jit\": \"1\"", "The option takes true or false."},
		{"work_mem", JsonType::String, "63kB", "invalid value for option \"work_mem\": \"63kB\"",
		 "The option takes a size such as \"64MB\": 64kB to 2147483647kB."},
		{"work_mem", JsonType::String, "MB", "invalid value for option \"work_mem\": \"MB\"",
		 "The option takes a size such as \"64MB\": 64kB to 2147483647kB."},
		{"work_mem", JsonType::String, "99999999TB", "invalid value for option \"work_mem\": \"99999999TB\"",
		 "The option takes a size such as \"64MB\": 64kB to 2147483647kB."},
	};
	for (const auto &c : cases) {
		SCOPED_TRACE(std::string(c.key) + " " + c.value);
		try {
			CheckOption(c.key, c.type, c.value);
			ADD_FAILURE() << "accepted";
		} catch (const Error &error) {
			EXPECT_EQ(error.State(), sqlstate::kInvalidParameterValue);
			EXPECT_EQ(error.Info().message, c.message);
			EXPECT_EQ(error.Info().hint, c.hint);
		}
	}
}

TEST(OptionValues, GivesWhatWasSetAndDefaultsForTheRest)
{
	OptionValues options;
	EXPECT_EQ(options.Integer("fetch_size"), 10000);
	EXPECT_EQ(options.DurationMicroseconds("connect_timeout"), 30 * kSecond);
	EXPECT_EQ(options.DurationMicroseconds("source_idle_timeout"), 30 * kMinute);
	EXPECT_EQ(options.DurationMicroseconds("swap_lock_timeout"), 5 * kSecond);
	EXPECT_EQ(options.Integer("swap_lock_attempts"), 12);
	EXPECT_EQ(options.Text("analyze"), "auto");
	EXPECT_EQ(options.Text("work_mem"), "");
	EXPECT_FALSE(options.Boolean("jit"));

	options.Set("fetch_size", JsonType::Number, "7");
	options.Set("connect_timeout", JsonType::String, "2.5 seconds");
	options.Set("jit", JsonType::Boolean, "true");
	options.Set("work_mem", JsonType::String, "64MB");
	EXPECT_EQ(options.Integer("fetch_size"), 7);
	EXPECT_EQ(options.DurationMicroseconds("connect_timeout"), 2500 * kMillisecond);
	EXPECT_TRUE(options.Boolean("jit"));
	EXPECT_EQ(options.Text("work_mem"), "64MB");

	EXPECT_EQ(options.Text("end_at"), "");
	options.Set("end_at", JsonType::String, " 2026-12-01 ");
	EXPECT_EQ(options.Text("end_at"), "2026-12-01");

	options.Set("fetch_size", JsonType::Null, "null");
	EXPECT_EQ(options.Integer("fetch_size"), 10000);
	EXPECT_THROW(options.Set("fetch_size", JsonType::Number, "0"), Error);
	EXPECT_THROW(options.Integer("jit"), Error);
	EXPECT_THROW(options.Text("no_such_option"), Error);
}

} // namespace
} // namespace sluice::test
