#include "api/due_time.hpp"

#include "api/arguments.hpp"
#include "catalog/pipeline_schedule.hpp"
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
	catalog::ScheduleWindow const window = catalog::WindowOf(*pipeline);
	if (window.start && window.end && *window.start > *window.end) {
		throw Error(sqlstate::kInvalidParameterValue, "option \"end_at\" lies before option \"start_at\"",
					"Both are read in the pipeline's time zone where they have no offset.",
					Format("start_at is {} and end_at is {} ({}).", LocalText(*window.start, zone),
						   LocalText(*window.end, zone), zone.Name()));
	}
	if (pipeline->schedule) {
		(void)Schedule::Parse(*pipeline->schedule);
	}
}

std::optional<TimestampTz>
NextDue(const catalog::Pipeline &pipeline)
{
	if (pipeline.parked || pipeline.paused || pipeline.status != "active") {
		return std::nullopt;
	}
	return catalog::NextDueAfter(pipeline, pg::Now());
}

std::string
LocalText(TimestampTz at, const Zone &zone)
{
	std::string text = FormatLocal(pg::UnixSeconds(at), zone);
	if (text.ends_with(":00")) {
		text.resize(text.size() - 3);
	}
	return text;
}

void
TellNextDue(const catalog::Pipeline &pipeline, std::optional<TimestampTz> next_due)
{
	if (!pipeline.schedule || pipeline.parked || pipeline.paused || pipeline.status != "active") {
		return;
	}
	pg::PgZone const zone = pg::PgZone::Find(pipeline.timezone);
	std::string const words =
		Format("{} ({})", Schedule::Parse(*pipeline.schedule, ScheduleText::Stored).Describe(), pipeline.timezone);
	if (next_due) {
		Notice(Format("pipeline \"{}\" runs {}, next at {}", pipeline.name, words, LocalText(*next_due, zone)));
		return;
	}
	catalog::ScheduleWindow const window = catalog::WindowOf(pipeline);
	Notice(Format("pipeline \"{}\" does not run by itself: its schedule, {}, is not due before its end_at, {}",
				  pipeline.name, words, window.end ? LocalText(*window.end, zone) : std::string("now")),
		   "Set the option end_at to a later time, or to null.");
}

} // namespace sluice::api
