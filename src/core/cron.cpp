#include "core/cron.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "core/format.hpp"
#include "core/nearest.hpp"
#include "core/sqlstate.hpp"

namespace sluice {

namespace {

constexpr size_t kMaxScheduleLength = 500;

constexpr std::array<std::string_view, 12> kMonthNames = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
														  "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdayNames = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct FieldRule {
	std::string_view name;
	int minimum;
	int maximum; // of what a value means
	int highest; // of what may be written: 7 is Sunday too
	std::span<const std::string_view> names;
	std::string_view range_text;

	int Count() const { return maximum - minimum + 1; }
};

constexpr std::array<FieldRule, 5> kFields = {{
	{"minute", 0, 59, 59, {}, "0 to 59"},
	{"hour", 0, 23, 23, {}, "0 to 23"},
	{"day-of-month", 1, 31, 31, {}, "1 to 31"},
	{"month", 1, 12, 12, kMonthNames, "1 to 12 or JAN to DEC"},
	{"day-of-week", 0, 6, 7, kWeekdayNames, "0 to 7 (0 and 7 are Sunday) or SUN to SAT"},
}};

struct Macro {
	std::string_view name;
	std::string_view schedule;
};

constexpr std::array<Macro, 7> kMacros = {{
	{"@yearly", "0 0 1 1 *"},
	{"@annually", "0 0 1 1 *"},
	{"@monthly", "0 0 1 * *"},
	{"@weekly", "0 0 * * 0"},
	{"@daily", "0 0 * * *"},
	{"@midnight", "0 0 * * *"},
	{"@hourly", "0 * * * *"},
}};

constexpr std::string_view kFieldsHint =
	"A schedule has five fields: minute, hour, day of month, month, day of week, as in \"0 2 * * *\"; "
	"or it is one of @yearly, @monthly, @weekly, @daily, @hourly.";

char
Lower(char c)
{
	return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool
EqualsIgnoringCase(std::string_view left, std::string_view right)
{
	return std::equal(left.begin(), left.end(), right.begin(), right.end(),
					  [](char a, char b) { return Lower(a) == Lower(b); });
}

// One field while it is read: what every error needs to say.
struct FieldText {
	std::string_view schedule;
	const FieldRule &rule;
	std::string_view text;

	[[noreturn]] void Fail(std::string_view why) const
	{
		throw Error(sqlstate::kInvalidParameterValue, Format("invalid schedule \"{}\"", schedule),
					Format("The {} field \"{}\" {}. It takes *, values from {}, ranges such as {}, "
						   "steps such as */{}, and lists of these with commas.",
						   rule.name, text, why, rule.range_text, rule.names.empty() ? "1-5" : RangeExample(),
						   rule.Count() > 20 ? 5 : 2));
	}

	std::string_view RangeExample() const { return rule.maximum == 6 ? "MON-FRI" : "APR-SEP"; }
};

std::optional<int>
ParseNumber(std::string_view text)
{
	int value = 0;
	const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
	// from_chars also takes a sign.
	if (problem != std::errc() || end != text.data() + text.size() || text.front() < '0' || text.front() > '9') {
		return std::nullopt;
	}
	return value;
}

int
ParseValue(const FieldText &field, std::string_view text)
{
	if (text.empty()) {
		field.Fail("lacks a value");
	}
	const FieldRule &rule = field.rule;
	if (const std::optional<int> number = ParseNumber(text)) {
		if (*number < rule.minimum || *number > rule.highest) {
			field.Fail(Format("has {}, which is out of range", text));
		}
		return *number;
	}
	const auto *const name = std::find_if(rule.names.data(), rule.names.data() + rule.names.size(),
										  [text](std::string_view n) { return EqualsIgnoringCase(n, text); });
	if (name == rule.names.data() + rule.names.size()) {
		field.Fail(Format("has \"{}\", which is not understood", text));
	}
	return rule.minimum + static_cast<int>(name - rule.names.data());
}

int
ParseStep(const FieldText &field, std::string_view text)
{
	const std::optional<int> step = text.empty() ? std::nullopt : ParseNumber(text);
	// A longer step would silently mean "once": "*/90" does not run every 90 minutes.
	if (!step || *step < 1 || *step > field.rule.Count()) {
		field.Fail(Format("has the step \"{}\", which must be 1 to {}", text, field.rule.Count()));
	}
	return *step;
}

// The values from first to last, going round past the end where last is the smaller.
uint64_t
Values(const FieldRule &rule, int first, int last, int step)
{
	if (first > rule.maximum) {
		first -= rule.Count();
		last -= last > rule.maximum ? rule.Count() : 0;
	}
	int const span = last >= first ? last - first : last - first + rule.Count();
	uint64_t bits = 0;
	for (int i = 0; i <= span; i += step) {
		int const value = rule.minimum + (first - rule.minimum + i) % rule.Count();
		bits |= uint64_t{1} << value;
	}
	return bits;
}

struct FieldValues {
	uint64_t bits = 0;
	bool restricted = true;
};

// One element of a list: "*", "a", "a-b", each with or without "/step".
void
ParseElement(const FieldText &field, std::string_view element, FieldValues *values)
{
	const FieldRule &rule = field.rule;
	size_t const slash = element.find('/');
	bool const has_step = slash != std::string_view::npos;
	int const step = has_step ? ParseStep(field, element.substr(slash + 1)) : 1;
	std::string_view const range = element.substr(0, slash);
	if (range == "*") {
		values->bits |= Values(rule, rule.minimum, rule.maximum, step);
		values->restricted = values->restricted && step != 1;
		return;
	}
	size_t const dash = range.find('-');
	int const first = ParseValue(field, range.substr(0, dash));
	if (dash != std::string_view::npos) {
		values->bits |= Values(rule, first, ParseValue(field, range.substr(dash + 1)), step);
	} else {
		values->bits |= Values(rule, first, has_step ? rule.maximum : first, step);
	}
}

FieldValues
ParseField(const FieldText &field)
{
	FieldValues values;
	std::string_view rest = field.text;
	for (;;) {
		size_t const comma = rest.find(',');
		ParseElement(field, rest.substr(0, comma), &values);
		if (comma == std::string_view::npos) {
			return values;
		}
		rest.remove_prefix(comma + 1);
	}
}

bool
IsBlank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

std::string_view
Trim(std::string_view text)
{
	while (!text.empty() && IsBlank(text.front())) {
		text.remove_prefix(1);
	}
	while (!text.empty() && IsBlank(text.back())) {
		text.remove_suffix(1);
	}
	return text;
}

std::string_view
ExpandMacro(std::string_view text)
{
	for (const Macro &macro : kMacros) {
		if (EqualsIgnoringCase(macro.name, text)) {
			return macro.schedule;
		}
	}
	std::string const message = Format("invalid schedule \"{}\"", text);
	if (EqualsIgnoringCase(text, "@reboot")) {
		throw Error(sqlstate::kInvalidParameterValue, message,
					"A schedule names times, and the start of the server is none. Use @hourly, @daily or five "
					"fields; after a start, what was due meanwhile is found by itself.");
	}
	std::array<std::string_view, kMacros.size()> names;
	std::transform(kMacros.begin(), kMacros.end(), names.begin(), [](const Macro &macro) { return macro.name; });
	std::optional<std::string> const nearest = Nearest(text, names);
	throw Error(sqlstate::kInvalidParameterValue, message,
				nearest ? Format("Perhaps you meant \"{}\".", *nearest) : std::string(kFieldsHint));
}

// Six fields or a missing one: the count is the message.
[[noreturn]] void
FailOnCount(std::string_view schedule, size_t count)
{
	throw Error(sqlstate::kInvalidParameterValue, Format("invalid schedule \"{}\"", schedule), std::string(kFieldsHint),
				Format("It has {} {}.", count, count == 1 ? "field" : "fields"));
}

} // namespace

Cron
Cron::Parse(std::string_view text)
{
	std::string_view const schedule = Trim(text);
	if (schedule.empty()) {
		throw Error(sqlstate::kInvalidParameterValue, "schedule must not be empty", std::string(kFieldsHint));
	}
	if (schedule.size() > kMaxScheduleLength) {
		throw Error(sqlstate::kInvalidParameterValue, "schedule is too long",
					Format("A schedule has at most {} characters.", kMaxScheduleLength));
	}
	std::string_view rest = schedule.front() == '@' ? ExpandMacro(schedule) : schedule;
	std::array<std::string_view, kFields.size()> texts;
	size_t count = 0;
	while (!rest.empty()) {
		auto const *const end = std::find_if(rest.data(), rest.data() + rest.size(), IsBlank);
		size_t const length = static_cast<size_t>(end - rest.data());
		if (count < texts.size()) {
			texts[count] = rest.substr(0, length);
		}
		++count;
		rest = Trim(rest.substr(length));
	}
	if (count != texts.size()) {
		FailOnCount(schedule, count);
	}
	std::array<FieldValues, kFields.size()> values;
	for (size_t i = 0; i < kFields.size(); ++i) {
		values[i] = ParseField({schedule, kFields[i], texts[i]});
	}
	CronFields fields;
	fields.minutes = values[0].bits;
	fields.hours = static_cast<uint32_t>(values[1].bits);
	fields.days = static_cast<uint32_t>(values[2].bits);
	fields.months = static_cast<uint32_t>(values[3].bits);
	fields.weekdays = static_cast<uint32_t>(values[4].bits);
	fields.days_restricted = values[2].restricted;
	fields.weekdays_restricted = values[4].restricted;
	return Cron(fields);
}

} // namespace sluice
