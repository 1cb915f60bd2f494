// Every key of a pipeline's `options`, declared once: what validates, documents and reads them. A new
// option is one line of the table in option_table.cpp. Pure C++.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

enum class OptionType {
	Boolean,
	Integer,
	Duration,
	MemorySize,
	Text,
	Enumeration,
	Timestamp,
	Object, // of texts
	List,	// of texts
	RowLimit,
};

struct OptionSpec {
	std::string_view key;
	OptionType type;
	// Inclusive. Integer: itself; Duration: microseconds; MemorySize: kilobytes; Text, Object and List: bytes.
	int64_t minimum;
	int64_t maximum;
	std::string_view allowed; // Enumeration: the values, separated by '|'
	std::string_view default_text;
	std::string_view meaning;
};

enum class JsonType {
	Null,
	Boolean,
	Number,
	String,
	Array,
	Object,
};

// In the order of their keys.
std::span<const OptionSpec> AllOptions();
const OptionSpec *FindOption(std::string_view key);

// 'boolean', 'integer', 'duration', 'memory size', 'text', 'enumeration', 'timestamp', 'object', 'list'.
std::string_view OptionTypeName(OptionType type);
// What a value may be, for people: "1 to 1000000", "1 second to 1 hour", "auto, off".
std::string OptionRangeText(const OptionSpec &spec);

// Checks one key and value of the JSON object and returns the value in its canonical form (what the
// readers below take; a duration in seconds, an enumeration in lower case; a timestamp as it stands). A null gives the
// default. value_text: a string without its quotes, anything else as JSON writes it. Throws Error 22023.
std::string CheckOption(std::string_view key, JsonType json_type, std::string_view value_text);

// The options of one pipeline: what was given, defaults for the rest.
class OptionValues {
public:
	OptionValues() = default;
	// Stores a value, checked as above; a null forgets the key.
	void Set(std::string_view key, JsonType json_type, std::string_view value_text);

	// With a value; for options without a default.
	bool IsGiven(std::string_view key) const;
	bool Boolean(std::string_view key) const;
	int64_t Integer(std::string_view key) const;
	int64_t DurationMicroseconds(std::string_view key) const;
	std::string Text(std::string_view key) const; // also of all types that have no reader of their own

private:
	std::string Value(std::string_view key, OptionType type) const;

	std::map<std::string, std::string, std::less<>> given_;
};

} // namespace sluice
