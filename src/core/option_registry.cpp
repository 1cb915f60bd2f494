#include "core/option_registry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "core/ascii.hpp"
#include "core/duration.hpp"
#include "core/format.hpp"
#include "core/nearest.hpp"
#include "core/row_limit.hpp"
#include "core/sqlstate.hpp"
#include "core/timestamp.hpp"

namespace sluice {

namespace {

using enum OptionType;

struct MemoryUnit {
	std::string_view name;
	int64_t kilobytes;
};

constexpr std::array<MemoryUnit, 4> kMemoryUnits = {
	{{"TB", 1024 * 1024 * 1024}, {"GB", 1024 * 1024}, {"MB", 1024}, {"kB", 1}}};

std::vector<std::string_view>
Split(std::string_view text, char separator)
{
	std::vector<std::string_view> parts;
	for (;;) {
		size_t const end = text.find(separator);
		parts.push_back(text.substr(0, end));
		if (end == std::string_view::npos) {
			return parts;
		}
		text.remove_prefix(end + 1);
	}
}

bool
InRange(const OptionSpec &spec, int64_t value)
{
	return value >= spec.minimum && value <= spec.maximum;
}

// Each of these returns the canonical text, or nothing when the value will not do.

std::optional<std::string>
CheckBoolean(std::string_view text)
{
	std::string const lowered = Lowered(text);
	for (std::string_view const yes : {"true", "on", "yes"}) {
		if (lowered == yes) {
			return "true";
		}
	}
	for (std::string_view const no : {"false", "off", "no"}) {
		if (lowered == no) {
			return "false";
		}
	}
	return std::nullopt;
}

std::optional<int64_t>
ParseInteger(std::string_view text)
{
	int64_t value = 0;
	const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
	return problem == std::errc() && end == text.data() + text.size() ? std::optional<int64_t>(value) : std::nullopt;
}

std::optional<std::string>
CheckInteger(const OptionSpec &spec, std::string_view text)
{
	std::optional<int64_t> const value = ParseInteger(text);
	return value && InRange(spec, *value) ? std::optional(Format("{}", *value)) : std::nullopt;
}

std::optional<std::string>
CheckDuration(const OptionSpec &spec, std::string_view text)
{
	std::optional<int64_t> const value = ParseDuration(text);
	if (!value || !InRange(spec, *value)) {
		return std::nullopt;
	}
	if (*value % kSecond == 0) {
		return Format("{}", *value / kSecond);
	}
	std::string seconds = Format("{}.{:06}", *value / kSecond, *value % kSecond);
	seconds.erase(seconds.find_last_not_of('0') + 1);
	return seconds;
}

// A number alone is kilobytes, as in postgresql.conf.
std::optional<std::string>
CheckMemorySize(const OptionSpec &spec, std::string_view text)
{
	size_t const digits = std::min(text.find_first_not_of("0123456789"), text.size());
	std::optional<int64_t> const count = ParseInteger(text.substr(0, digits));
	std::string_view unit_text = text.substr(digits);
	unit_text.remove_prefix(std::min(unit_text.find_first_not_of(' '), unit_text.size()));
	std::string_view const wanted = unit_text.empty() ? "kB" : unit_text;
	const auto *const unit = std::find_if(kMemoryUnits.begin(), kMemoryUnits.end(),
										  [wanted](const MemoryUnit &u) { return Lowered(u.name) == Lowered(wanted); });
	if (!count || unit == kMemoryUnits.end() || *count > spec.maximum / unit->kilobytes ||
		!InRange(spec, *count * unit->kilobytes)) {
		return std::nullopt;
	}
	return Format("{}{}", *count, unit->name);
}

std::optional<std::string>
CheckEnumeration(const OptionSpec &spec, std::string_view text)
{
	std::string lowered = Lowered(text);
	std::vector<std::string_view> const allowed = Split(spec.allowed, '|');
	return std::find(allowed.begin(), allowed.end(), lowered) != allowed.end() ? std::optional(std::move(lowered))
																			   : std::nullopt;
}

std::optional<std::string>
CheckText(const OptionSpec &spec, std::string_view text)
{
	return InRange(spec, static_cast<int64_t>(text.size())) ? std::optional(std::string(text)) : std::nullopt;
}

bool
Accepts(OptionType type, JsonType json_type)
{
	switch (type) {
	case Boolean:
		return json_type == JsonType::Boolean || json_type == JsonType::String;
	case Integer:
	case Duration:
	case MemorySize:
	case Enumeration: // a number may be among the values
	case OptionType::RowLimit:
	case Text:
		return json_type == JsonType::Number || json_type == JsonType::String;
	case Timestamp:
		return json_type == JsonType::String;
	case OptionType::Object:
		return json_type == JsonType::Object;
	case List:
		return json_type == JsonType::Array;
	}
	return false;
}

std::optional<std::string>
CheckValue(const OptionSpec &spec, JsonType json_type, std::string_view text)
{
	if (!Accepts(spec.type, json_type)) {
		return std::nullopt;
	}
	// As good as not given: something else decides.
	if (text.empty() && spec.default_text.empty()) {
		return std::string();
	}
	switch (spec.type) {
	case Boolean:
		return CheckBoolean(text);
	case Integer:
		return CheckInteger(spec, text);
	case Duration:
		return CheckDuration(spec, text);
	case MemorySize:
		return CheckMemorySize(spec, text);
	case Text:
	case List:
	case OptionType::Object:
		return CheckText(spec, text);
	case Enumeration:
		return CheckEnumeration(spec, text);
	case Timestamp:
		return text.empty() || ParseTimestamp(text) ? std::optional(std::string(Trim(text))) : std::nullopt;
	case OptionType::RowLimit:
		return RowLimit::Parse(text) ? std::optional(std::string(text)) : std::nullopt;
	}
	return std::nullopt;
}

std::string_view
ExpectedText(OptionType type)
{
	switch (type) {
	case Boolean:
		return "true or false";
	case Integer:
		return "an integer";
	case Duration:
		return "a number of seconds or an interval such as \"5 minutes\"";
	case MemorySize:
		return "a size such as \"64MB\"";
	case Text:
		return "a text";
	case Enumeration:
		return "one of";
	case Timestamp:
		return "a point in time in ISO 8601";
	case OptionType::Object:
		return "an object of texts";
	case List:
		return "a list of texts";
	case OptionType::RowLimit:
		return "a number of rows or a percentage of them";
	}
	return {};
}

const OptionSpec &
RequireOption(std::string_view key)
{
	const OptionSpec *const spec = FindOption(key);
	if (spec == nullptr) {
		std::vector<std::string_view> keys;
		for (const OptionSpec &known : AllOptions()) {
			keys.push_back(known.key);
		}
		std::optional<std::string> const nearest = Nearest(key, keys);
		throw Error(sqlstate::kInvalidParameterValue, Format("unrecognized option \"{}\"", key),
					nearest ? Format("Perhaps you meant \"{}\".", *nearest)
							: std::string("The view pipeline_options lists all options."));
	}
	return *spec;
}

} // namespace

std::string_view
OptionTypeName(OptionType type)
{
	switch (type) {
	case Boolean:
		return "boolean";
	case Integer:
		return "integer";
	case Duration:
		return "duration";
	case MemorySize:
		return "memory size";
	case Text:
		return "text";
	case Enumeration:
		return "enumeration";
	case Timestamp:
		return "timestamp";
	case OptionType::Object:
		return "object";
	case List:
		return "list";
	case OptionType::RowLimit:
		return "row limit";
	}
	return {};
}

std::string
OptionRangeText(const OptionSpec &spec)
{
	switch (spec.type) {
	case Boolean:
		return "true, false";
	case Integer:
		return Format("{} to {}", spec.minimum, spec.maximum);
	case Duration:
		return Format("{} to {}", FormatDuration(spec.minimum), FormatDuration(spec.maximum));
	case MemorySize:
		return Format("{}kB to {}kB", spec.minimum, spec.maximum);
	case Text:
		return Format("{} to {} bytes", spec.minimum, spec.maximum);
	case Enumeration: {
		std::string text;
		for (std::string_view const value : Split(spec.allowed, '|')) {
			text += text.empty() ? "" : ", ";
			text += value;
		}
		return text;
	}
	case Timestamp:
		return "such as 2026-12-01 or 2026-12-01 02:00:00+01:00";
	case OptionType::Object:
		return "such as {\"id\": \"bigint\"}";
	case List:
		return "such as [\"email\", \"phone\"]";
	case OptionType::RowLimit:
		return "such as 1000 or 10%";
	}
	return {};
}

std::string
CheckOption(std::string_view key, JsonType json_type, std::string_view value_text)
{
	const OptionSpec &spec = RequireOption(key);
	if (json_type == JsonType::Null) {
		return std::string(spec.default_text);
	}
	if (std::optional<std::string> canonical = CheckValue(spec, json_type, value_text)) {
		return std::move(*canonical);
	}
	throw Error(sqlstate::kInvalidParameterValue, Format("invalid value for option \"{}\": \"{}\"", key, value_text),
				spec.type == Boolean
					? Format("The option takes {}.", ExpectedText(spec.type))
					: Format("The option takes {}: {}.", ExpectedText(spec.type), OptionRangeText(spec)));
}

void
OptionValues::Set(std::string_view key, JsonType json_type, std::string_view value_text)
{
	std::string value = CheckOption(key, json_type, value_text);
	if (json_type == JsonType::Null) {
		if (const auto found = given_.find(key); found != given_.end()) {
			given_.erase(found);
		}
		return;
	}
	given_.insert_or_assign(std::string(key), std::move(value));
}

std::string
OptionValues::Value(std::string_view key, OptionType type) const
{
	const OptionSpec &spec = RequireOption(key);
	bool const has_reader =
		spec.type == OptionType::Boolean || spec.type == OptionType::Integer || spec.type == OptionType::Duration;
	bool const fits = spec.type == type || (type == OptionType::Text && !has_reader);
	if (!fits) {
		throw Error(sqlstate::kInternalError, Format("option \"{}\" is read as another type", key));
	}
	const auto given = given_.find(key);
	return given == given_.end() ? std::string(spec.default_text) : given->second;
}

bool
OptionValues::IsGiven(std::string_view key) const
{
	const auto given = given_.find(key);
	return given != given_.end() && !given->second.empty();
}

bool
OptionValues::Boolean(std::string_view key) const
{
	return Value(key, OptionType::Boolean) == "true";
}

int64_t
OptionValues::Integer(std::string_view key) const
{
	return ParseInteger(Value(key, OptionType::Integer)).value_or(0);
}

int64_t
OptionValues::DurationMicroseconds(std::string_view key) const
{
	return ParseDuration(Value(key, OptionType::Duration)).value_or(0);
}

std::string
OptionValues::Text(std::string_view key) const
{
	return Value(key, OptionType::Text);
}

} // namespace sluice
