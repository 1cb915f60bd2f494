#include "api/schedule.hpp"

#include "core/civil.hpp"
#include "core/cron.hpp"
#include "core/local_time.hpp"
#include "core/sqlstate.hpp"
#include "pg/settings.hpp"
#include "pg/zone.hpp"

namespace sluice::api {

void
CheckSchedule(catalog::Pipeline *pipeline)
{
	pg::PgZone const zone = pg::PgZone::Find(pipeline->timezone);
	pipeline->timezone = zone.Name();
	if (!pipeline->schedule) {
		return;
	}
	Cron const cron = Cron::Parse(*pipeline->schedule);
	if (!cron.NextAfter(pg::UnixSeconds(pg::Now()), zone)) {
		throw Error(sqlstate::kInvalidParameterValue, Format("schedule \"{}\" is never due", *pipeline->schedule),
					"No day fits both its day of the month and its month.");
	}
}

std::optional<TimestampTz>
NextDue(const catalog::Pipeline &pipeline)
{
	if (!pipeline.schedule || pipeline.parked || pipeline.paused || pipeline.status != "active") {
		return std::nullopt;
	}
	std::optional<int64_t> const seconds =
		Cron::Parse(*pipeline.schedule).NextAfter(pg::UnixSeconds(pg::Now()), pg::PgZone::Find(pipeline.timezone));
	return seconds ? std::optional<TimestampTz>(pg::TimestampFromUnixSeconds(*seconds)) : std::nullopt;
}

std::string
ScheduleText(const catalog::Pipeline &pipeline, TimestampTz next_due)
{
	int64_t const local = LocalFromUtc(pg::UnixSeconds(next_due), pg::PgZone::Find(pipeline.timezone));
	int64_t const of_day = FloorModulo(local, kDaySeconds);
	CivilDate const date = CivilFromDays(FloorDivide(local, kDaySeconds));
	return Format("{} ({}), next at {:04}-{:02}-{:02} {:02}:{:02}", Cron::Parse(*pipeline.schedule).Describe(),
				  pipeline.timezone, date.year, date.month, date.day, of_day / kHourSeconds,
				  of_day % kHourSeconds / kMinuteSeconds);
}

} // namespace sluice::api
