// The clock may have been ahead and is set right: what was stored then lies too far in the future, and due instants of
// the time to come have had their runs already.
#pragma once

#include <optional>
#include <set>

#include "catalog/pipeline_store.hpp"

namespace sluice::catalog {

// Pipelines whose next due time was computed by a clock that was later than it is now, whether there was one or none,
// locked; rows that others hold are passed over.
std::vector<DuePipeline> LockPlannedLater(TimestampTz now, int limit);

// The latest clock by which any pipeline was planned.
std::optional<TimestampTz> LatestPlan();

// Retries that wait, and sources that are left alone, because of a clock that was later than it is now: they wait from
// now on as long as they were to. How many there were.
int HastenWaits(TimestampTz now);

// What pipeline_health says about it, of the pipelines that a role may see.
struct ClockFacts {
	int64_t planned_later = 0;				 // pipelines that are not planned again yet
	std::optional<TimestampTz> latest_plan;	 // the clock when the last of them was planned
	std::optional<TimestampTz> served_until; // due instants up to here may have had their runs
	bool anew = false;						 // and are served again
};
ClockFacts LookAtClock(Oid role, TimestampTz now);

// Which due instants of a pipeline have had a run.
class ServedInstants {
public:
	// until: none later than this; nothing: none at all, which costs nothing.
	ServedInstants(std::string pipeline_id, std::optional<TimestampTz> until)
		: pipeline_id_(std::move(pipeline_id)), until_(until)
	{}
	// Asked in order, or nearly so.
	bool Has(TimestampTz due);

private:
	void Read(TimestampTz from);

	std::string pipeline_id_;
	std::optional<TimestampTz> until_;
	std::set<TimestampTz> read_;
	TimestampTz from_ = DT_NOEND; // what is between these two was read
	TimestampTz to_ = DT_NOBEGIN;
};

} // namespace sluice::catalog
