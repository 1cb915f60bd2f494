#include "core/cron_field.hpp"

#include <span>

#include "core/ascii.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/sqlstate.hpp"

namespace sluice {

namespace {

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
	std::string_view range_example;
	std::string_view more; // what this field takes beyond values, ranges and steps

	int Count() const { return maximum - minimum + 1; }
};

constexpr std::array<FieldRule, 6> kFields = {{
	{"second", 0, 59, 59, {}, "0 to 59", "1-5", ""},
	{"minute", 0, 59, 59, {}, "0 to 59", "1-5", ""},
	{"hour", 0, 23, 23, {}, "0 to 23", "1-5", ""},
	{"day-of-month",
	 1,
	 31,
	 31,
	 {},
	 "1 to 31",
	 "1-5",
	 "L (the last day), L-3 (three days before it), LW (the last weekday), 15W (the weekday nearest to the 15th), "},
	{"month", 1, 12, 12, kMonthNames, "1 to 12 or JAN to DEC", "APR-SEP", ""},
	{"day-of-week", 0, 6, 7, kWeekdayNames, "0 to 7 (0 and 7 are Sunday) or SUN to SAT", "MON-FRI",
	 "FRIL or 5L (the last Friday of the month), FRI#2 or 5#2 (its second Friday), "},
}};

// L-30 is the first day of a long month.
constexpr int kMostDaysBeforeTheLast = 30;
constexpr int kMostOfOneWeekday = 5;

// One field while it is read: what every error needs to say.
struct FieldText {
	CronField field;
	const FieldRule &rule;
	std::string_view text;
	std::string_view schedule;
	ScheduleText whose;

	[[noreturn]] void Fail(std::string_view why) const
	{
		throw Error(sqlstate::kInvalidParameterValue, Format("invalid schedule \"{}\"", schedule),
					Format("The {} field \"{}\" {}. It takes *, values from {}, ranges such as {}, "
						   "steps such as */{}, {}and lists of these with commas.",
						   rule.name, text, why, rule.range_text, rule.range_example, rule.Count() > 20 ? 5 : 2,
						   rule.more));
	}
};

int
ParseValue(const FieldText &field, std::string_view text)
{
	if (text.empty()) {
		field.Fail("lacks a value");
	}
	const FieldRule &rule = field.rule;
	if (const std::optional<int> number = ParseDigits(text)) {
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

// Values from the first one on, going round past the end.
struct CronRange {
	int first;
	int more; // that follow the first
};

CronRange
RangeOf(const FieldRule &rule, int first, int last)
{
	if (first > rule.maximum) {
		first -= rule.Count();
		last -= last > rule.maximum ? rule.Count() : 0;
	}
	return {first, last >= first ? last - first : last - first + rule.Count()};
}

int
ParseStep(const FieldText &field, std::string_view text, const CronRange &range)
{
	int const step = text.empty() ? 0 : ParseDigits(text).value_or(0);
	// A longer step would silently leave the first value alone: "*/60" and "*/90" run once an hour.
	int const most =
		field.whose == ScheduleText::Stored ? field.rule.Count() : std::min(range.more, field.rule.Count() - 1);
	if (most == 0) {
		field.Fail(Format("has the step \"{}\" where there is one value only", text));
	}
	if (step < 1 || step > most) {
		field.Fail(Format("has the step \"{}\", which must be 1 to {}", text, most));
	}
	return step;
}

uint64_t
Values(const FieldRule &rule, const CronRange &range, int step)
{
	uint64_t bits = 0;
	for (int i = 0; i <= range.more; i += step) {
		int const value = rule.minimum + (range.first - rule.minimum + i) % rule.Count();
		bits |= uint64_t{1} << value;
	}
	return bits;
}

// L, L-3, LW, 15W. False: the element is none of these.
bool
ParseSpecialDay(const FieldText &field, std::string_view element, CronSpecialDays *special)
{
	if (EqualsIgnoringCase(element, "L")) {
		special->from_end |= 1;
		return true;
	}
	if (EqualsIgnoringCase(element, "LW")) {
		special->last_workday = true;
		return true;
	}
	if (element.size() > 1 && LowerAscii(element[0]) == 'l' && element[1] == '-') {
		std::string_view const text = element.substr(2);
		std::optional<int> const before = text.empty() ? std::nullopt : ParseDigits(text);
		int const least = field.whose == ScheduleText::Stored ? 0 : 1;
		if (!before || *before < least || *before > kMostDaysBeforeTheLast) {
			field.Fail(Format("has \"{}\", where 1 to {} days may stand after the minus sign", element,
							  kMostDaysBeforeTheLast));
		}
		special->from_end |= uint32_t{1} << *before;
		return true;
	}
	if (element.size() > 1 && LowerAscii(element.back()) == 'w' && IsDigit(element.front())) {
		special->nearest_workdays |= uint32_t{1} << ParseValue(field, element.substr(0, element.size() - 1));
		return true;
	}
	return false;
}

// FRIL, 5L, FRI#2, 5#2. False: the element is none of these.
bool
ParseSpecialWeekday(const FieldText &field, std::string_view element, CronSpecialDays *special)
{
	if (EqualsIgnoringCase(element, "L")) {
		field.Fail("has \"L\" alone, which says no weekday; write FRIL for the last Friday of the month, SAT for "
				   "every Saturday");
	}
	size_t const hash = element.find('#');
	if (hash != std::string_view::npos) {
		std::string_view const text = element.substr(hash + 1);
		std::optional<int> const nth = text.empty() ? std::nullopt : ParseDigits(text);
		if (!nth || *nth < 1 || *nth > kMostOfOneWeekday) {
			field.Fail(Format("has \"{}\", where 1 to {} may stand after the #", element, kMostOfOneWeekday));
		}
		auto const weekday = static_cast<size_t>(ParseValue(field, element.substr(0, hash)) % 7);
		special->nth[weekday] = static_cast<uint8_t>(special->nth[weekday] | (1U << *nth));
		return true;
	}
	// No weekday's name ends with an L.
	if (element.size() > 1 && LowerAscii(element.back()) == 'l') {
		auto const weekday = static_cast<size_t>(ParseValue(field, element.substr(0, element.size() - 1)) % 7);
		special->nth[weekday] = static_cast<uint8_t>(special->nth[weekday] | 1U);
		return true;
	}
	return false;
}

// One element of a list: "*", "a", "a-b", each with or without "/step", or a special day.
void
ParseElement(const FieldText &field, std::string_view element, CronFieldValues *values)
{
	const FieldRule &rule = field.rule;
	bool const is_day_field = field.field == CronField::Day || field.field == CronField::Weekday;
	if (element == "?" && is_day_field) {
		field.Fail("is a question mark, for which * is written here");
	}
	if ((field.field == CronField::Day && ParseSpecialDay(field, element, &values->special)) ||
		(field.field == CronField::Weekday && ParseSpecialWeekday(field, element, &values->special))) {
		return;
	}
	size_t const slash = element.find('/');
	bool const has_step = slash != std::string_view::npos;
	std::string_view const text = element.substr(0, slash);
	CronRange range = {rule.minimum, rule.Count() - 1};
	if (text != "*") {
		size_t const dash = text.find('-');
		int const first = ParseValue(field, text.substr(0, dash));
		int const last = dash != std::string_view::npos ? ParseValue(field, text.substr(dash + 1))
						 : has_step						? rule.maximum
														: first;
		range = RangeOf(rule, first, last);
	}
	values->bits |= Values(rule, range, has_step ? ParseStep(field, element.substr(slash + 1), range) : 1);
}

} // namespace

CronFieldValues
ParseCronField(CronField field, std::string_view text, std::string_view schedule, ScheduleText whose)
{
	FieldText const field_text = {field, kFields[static_cast<size_t>(field)], text, schedule, whose};
	CronFieldValues values;
	values.begins_with_star = text.starts_with('*');
	std::string_view rest = text;
	for (;;) {
		size_t const comma = rest.find(',');
		ParseElement(field_text, rest.substr(0, comma), &values);
		if (comma == std::string_view::npos) {
			return values;
		}
		rest.remove_prefix(comma + 1);
	}
}

} // namespace sluice
