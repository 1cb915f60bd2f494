// When a pipeline is due, in numbers and in words.
#pragma once

#include <optional>
#include <string>

#include "catalog/pipeline_store.hpp"

namespace sluice::api {

// Checks schedule and time zone (22023) and spells the zone as its file does.
void CheckSchedule(catalog::Pipeline *pipeline);

// The first due instant from now on; nothing without a schedule, and while inactive or paused.
std::optional<TimestampTz> NextDue(const catalog::Pipeline &pipeline);

// "every day at 02:00 (UTC), next at 2026-11-21 02:00"
std::string ScheduleText(const catalog::Pipeline &pipeline, TimestampTz next_due);

} // namespace sluice::api
