#include "core/cron.hpp"

#include <vector>

#include "core/ascii.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/nearest.hpp"
#include "core/sqlstate.hpp"

namespace sluice {

namespace {

constexpr size_t kMaxScheduleLength = 500;
constexpr uint32_t kEveryHour = (uint32_t{1} << 24) - 1;

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
	"A schedule has five fields: minute, hour, day of month, month, day of week, as in \"0 2 * * *\", or six with "
	"the second first; or it is one of @yearly, @monthly, @weekly, @daily, @hourly, or an interval such as \"every "
	"15 minutes\".";

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
	if (EqualsIgnoringCase(text.substr(0, 6), "@every")) {
		throw Error(sqlstate::kInvalidParameterValue, message,
					"Write an interval without the @, as in \"every 15 minutes\".");
	}
	std::array<std::string_view, kMacros.size()> names;
	std::transform(kMacros.begin(), kMacros.end(), names.begin(), [](const Macro &macro) { return macro.name; });
	std::optional<std::string> const nearest = Nearest(text, names);
	throw Error(sqlstate::kInvalidParameterValue, message,
				nearest ? Format("Perhaps you meant \"{}\".", *nearest) : std::string(kFieldsHint));
}

std::vector<std::string_view>
SplitAtBlanks(std::string_view text)
{
	std::vector<std::string_view> words;
	for (std::string_view rest = Trim(text); !rest.empty();) {
		auto const *const end = std::find_if(rest.data(), rest.data() + rest.size(), IsBlank);
		size_t const length = static_cast<size_t>(end - rest.data());
		words.push_back(rest.substr(0, length));
		rest = Trim(rest.substr(length));
	}
	return words;
}

} // namespace

Cron
Cron::Parse(std::string_view text, ScheduleText whose)
{
	std::string_view const schedule = Trim(text);
	if (schedule.empty()) {
		throw Error(sqlstate::kInvalidParameterValue, "schedule must not be empty", std::string(kFieldsHint));
	}
	if (schedule.size() > kMaxScheduleLength) {
		throw Error(sqlstate::kInvalidParameterValue, "schedule is too long",
					Format("A schedule has at most {} characters.", kMaxScheduleLength));
	}
	std::vector<std::string_view> const texts =
		SplitAtBlanks(schedule.front() == '@' ? ExpandMacro(schedule) : schedule);
	if (texts.size() != 5 && texts.size() != 6) {
		throw Error(sqlstate::kInvalidParameterValue, Format("invalid schedule \"{}\"", schedule),
					std::string(kFieldsHint),
					Format("It has {} {}.", texts.size(), texts.size() == 1 ? "field" : "fields"));
	}
	CronFields fields;
	size_t const first = 6 - texts.size();
	for (size_t i = 0; i < texts.size(); ++i) {
		auto const field = static_cast<CronField>(first + i);
		CronFieldValues const values = ParseCronField(field, texts[i], schedule, whose);
		switch (field) {
		case CronField::Second:
			fields.seconds = values.bits;
			break;
		case CronField::Minute:
			fields.minutes = values.bits;
			break;
		case CronField::Hour:
			fields.hours = static_cast<uint32_t>(values.bits);
			fields.names_hours = !values.begins_with_star && fields.hours != kEveryHour;
			break;
		case CronField::Day:
			fields.days = static_cast<uint32_t>(values.bits);
			fields.names_days = !values.begins_with_star;
			fields.special = values.special;
			break;
		case CronField::Month:
			fields.months = static_cast<uint32_t>(values.bits);
			break;
		case CronField::Weekday:
			fields.weekdays = static_cast<uint32_t>(values.bits);
			fields.names_weekdays = !values.begins_with_star;
			fields.special.nth = values.special.nth;
			break;
		}
	}
	Cron const cron(fields);
	if (whose == ScheduleText::Given && !cron.IsEverDue()) {
		throw Error(sqlstate::kInvalidParameterValue, Format("schedule \"{}\" is never due", schedule),
					"No day fits its day of the month, its month and its day of the week.");
	}
	return cron;
}

} // namespace sluice
