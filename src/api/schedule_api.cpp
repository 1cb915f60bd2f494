// preview_schedule, describe_schedule, make_schedule.

#include "api/arguments.hpp"
#include "api/due_time.hpp"
#include "core/civil.hpp"
#include "core/local_time.hpp"
#include "core/make_schedule.hpp"
#include "core/schedule.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"
#include "pg/zone.hpp"

namespace {

using sluice::Error;
using sluice::Format;
using sluice::Schedule;

constexpr int kMaxPreview = 10'000;
constexpr int64_t kYearOne = sluice::DaysFromCivil({1, 1, 2}) * sluice::kDaySeconds;

// "Sat 2026-11-21 02:00:00 +01:00"
std::string
LocalTimeText(int64_t seconds, const sluice::Zone &zone)
{
	constexpr std::array<const char *, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	int const offset = zone.OffsetAt(seconds);
	int const distance = std::abs(offset);
	int const weekday = sluice::WeekdayFromDays(sluice::FloorDivide(seconds + offset, sluice::kDaySeconds));
	return Format("{} {} {}{:02}:{:02}", kWeekdays[static_cast<size_t>(weekday)], sluice::FormatLocal(seconds, zone),
				  offset < 0 ? '-' : '+', distance / 3600, distance / 60 % 60);
}

// In seconds since 1970.
int64_t
AfterArgument(FunctionCallInfo fcinfo, int number)
{
	if (PG_ARGISNULL(number)) {
		throw Error(sluice::sqlstate::kNullValueNotAllowed, "argument \"after\" must not be null");
	}
	TimestampTz const after = PG_GETARG_TIMESTAMPTZ(number);
	if (TIMESTAMP_NOT_FINITE(after)) {
		throw Error(sluice::sqlstate::kInvalidParameterValue, "argument \"after\" must not be infinite",
					"Give a point in time, such as now().");
	}
	int64_t const seconds = sluice::pg::UnixSeconds(after);
	if (seconds < kYearOne) {
		throw Error(sluice::sqlstate::kInvalidParameterValue, "argument \"after\" must not lie before the year 1",
					"Give a point in time, such as now().");
	}
	return seconds;
}

} // namespace

SLUICE_FUNCTION(sluice_preview_schedule)
{
	namespace api = sluice::api;
	sluice::pg::PgZone const zone =
		sluice::pg::PgZone::Find(api::Argument(fcinfo, 1).value_or(sluice::pg::Settings::timezone));
	int const count = api::CountArgument(fcinfo, 2, "n", 0, kMaxPreview);
	int64_t at = AfterArgument(fcinfo, 3);
	Schedule const schedule = Schedule::Parse(api::RequiredArgument(fcinfo, 0, "schedule"));
	sluice::pg::PgZone const utc = sluice::pg::PgZone::Find("UTC");
	std::vector<std::vector<sluice::pg::SqlValue>> rows;
	while (static_cast<int>(rows.size()) < count) {
		api::CheckInterrupts();
		std::optional<int64_t> const next = schedule.NextAfter(at, zone);
		if (!next) {
			break;
		}
		// Refuses what the type cannot hold. As UTC, whatever the session's zone.
		(void)sluice::pg::TimestampFromUnixSeconds(*next);
		rows.push_back({sluice::FormatLocal(*next, utc) + "+00", LocalTimeText(*next, zone)});
		at = *next;
	}
	return api::RowsResult(fcinfo, rows);
}

SLUICE_FUNCTION(sluice_describe_schedule)
{
	namespace api = sluice::api;
	return api::Result(Schedule::Parse(api::RequiredArgument(fcinfo, 0, "schedule")).Describe(), TEXTOID);
}

SLUICE_FUNCTION(sluice_make_schedule)
{
	namespace api = sluice::api;
	std::string const every = api::RequiredArgument(fcinfo, 0, "every");
	std::string const at = api::RequiredArgument(fcinfo, 1, "at", TIMEOID);
	sluice::ScheduleWish wish = {every, at, api::ListArgument(fcinfo, 2, "on_days"), std::nullopt};
	if (!PG_ARGISNULL(3)) {
		wish.day_of_month = PG_GETARG_INT32(3);
	}
	std::string const schedule = sluice::MakeSchedule(wish);
	if (sluice::PassesOverMonths(wish)) {
		api::Notice(Format("months without a day {} are passed over", *wish.day_of_month),
					"day_of_month => -1 is the last day of every month.");
	}
	return api::Result(schedule, TEXTOID);
}
