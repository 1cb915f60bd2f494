#include "catalog/pipeline_schedule.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/civil.hpp"
#include "core/local_time.hpp"
#include "core/timestamp.hpp"

namespace sluice::catalog {

namespace {

struct WindowTexts {
	std::string start;
	std::string end;

	bool operator==(const WindowTexts &) const = default;
};

// Few pipelines have a window; those that have none cost the scheduler no statement here.
WindowTexts
TextsOf(const Pipeline &pipeline)
{
	if (pipeline.options.find("\"start_at\"") == std::string::npos &&
		pipeline.options.find("\"end_at\"") == std::string::npos) {
		return {};
	}
	OptionValues const options = ReadOptions(pipeline.options);
	return {options.Text("start_at"), options.Text("end_at")};
}

enum class Which { Earlier, Later };

std::optional<TimestampTz>
InstantOf(const std::string &text, const Zone &zone, Which which)
{
	std::optional<TimestampText> const at = ParseTimestamp(text);
	if (!at) {
		return std::nullopt;
	}
	int64_t const local = FloorDivide(at->local_microseconds, USECS_PER_SEC);
	LocalResolution const resolution = ResolveLocal(local, zone);
	int64_t const seconds = at->offset				  ? local - *at->offset
							: which == Which::Earlier ? resolution.first
													  : resolution.second;
	return pg::TimestampFromUnixSeconds(seconds) + FloorModulo(at->local_microseconds, USECS_PER_SEC);
}

ScheduleWindow
ReadWindow(const Pipeline &pipeline, const Zone &zone)
{
	WindowTexts const texts = TextsOf(pipeline);
	return {InstantOf(texts.start, zone, Which::Earlier), InstantOf(texts.end, zone, Which::Later)};
}

} // namespace

ScheduleWindow
WindowOf(const Pipeline &pipeline)
{
	return ReadWindow(pipeline, pg::PgZone::Find(pipeline.timezone));
}

DueTimes::DueTimes(const Pipeline &pipeline)
	: zone_(pg::PgZone::Find(pipeline.timezone)),
	  schedule_(pipeline.schedule ? std::optional(Schedule::Parse(*pipeline.schedule, ScheduleText::Stored))
								  : std::nullopt),
	  window_(ReadWindow(pipeline, zone_))
{}

std::optional<TimestampTz>
DueTimes::After(TimestampTz after) const
{
	// The start itself may be due.
	TimestampTz const from = window_.start ? std::max(after, *window_.start - 1) : after;
	std::optional<int64_t> const seconds =
		schedule_ ? schedule_->NextAfter(pg::UnixSeconds(from), zone_) : std::nullopt;
	if (!seconds) {
		return std::nullopt;
	}
	TimestampTz const next = pg::TimestampFromUnixSeconds(*seconds);
	return window_.end && next > *window_.end ? std::nullopt : std::optional<TimestampTz>(next);
}

std::optional<TimestampTz>
NextDueAfter(const Pipeline &pipeline, TimestampTz after)
{
	// Most have none: their zone need not be looked up.
	return pipeline.schedule ? DueTimes(pipeline).After(after) : std::nullopt;
}

bool
HaveSameSchedule(const Pipeline &left, const Pipeline &right)
{
	return left.schedule == right.schedule && left.timezone == right.timezone && TextsOf(left) == TextsOf(right);
}

} // namespace sluice::catalog
