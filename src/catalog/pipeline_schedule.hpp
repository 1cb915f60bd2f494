// When a pipeline is due: its schedule in its time zone, within start_at and end_at. The one place that
// computes it; what is computed once is stored (pipeline_store.hpp) and compared, never computed again.
#pragma once

#include <optional>

#include "catalog/pipeline_store.hpp"
#include "core/schedule.hpp"
#include "pg/zone.hpp"

namespace sluice::catalog {

// Both ends count. Nothing: open.
struct ScheduleWindow {
	std::optional<TimestampTz> start;
	std::optional<TimestampTz> end;
};

// From the pipeline's options; a time without an offset is one of its time zone: of two such instants the
// earlier for start_at, the later for end_at, right after the gap for one that does not exist.
ScheduleWindow WindowOf(const Pipeline &pipeline);

// The due instants of a pipeline, read once for as many questions as there are.
class DueTimes {
public:
	// Throws Error 22023 for a schedule, zone or window that has no meaning (any more).
	explicit DueTimes(const Pipeline &pipeline);

	// The first due instant after this one, a whole second; nothing without a schedule, and after the last one.
	std::optional<TimestampTz> After(TimestampTz after) const;
	bool IsInterval() const { return schedule_ && schedule_->AsCron() == nullptr; }

private:
	pg::PgZone zone_;
	std::optional<Schedule> schedule_;
	ScheduleWindow window_;
};

// The same for one question.
std::optional<TimestampTz> NextDueAfter(const Pipeline &pipeline, TimestampTz after);

// Whether both are due at the same instants, by what their definitions say.
bool HaveSameSchedule(const Pipeline &left, const Pipeline &right);

} // namespace sluice::catalog
