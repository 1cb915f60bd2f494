// When a pipeline is due, in numbers and in words.
#pragma once

#include <optional>
#include <string>

#include "catalog/pipeline_store.hpp"
#include "core/schedule.hpp"
#include "core/zone.hpp"

namespace sluice::api {

// Checks schedule, time zone and window (22023) and spells the zone as its file does.
void CheckSchedule(catalog::Pipeline *pipeline);

// The first due instant from now on; nothing without a schedule, while inactive or paused, and when there
// is none before end_at.
std::optional<TimestampTz> NextDue(const catalog::Pipeline &pipeline);

// Tells in a NOTICE what the schedule says and when it is due next, or that it is not due any more.
void TellNextDue(const catalog::Pipeline &pipeline, std::optional<TimestampTz> next_due);

// "2026-11-21 02:00", with seconds where there are any.
std::string LocalText(TimestampTz at, const Zone &zone);

} // namespace sluice::api
