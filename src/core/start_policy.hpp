// Whether a queued run may start now. Plain data and one pure function, so that it can be called while the
// lock of shared memory is held: what is live and what the limits are is counted by the caller. Pure C++.
#pragma once

#include <cstdint>

namespace sluice {

// 0: no limit.
struct StartLimits {
	int cluster = 0;  // runs at the same time in the whole cluster
	int database = 0; // in this database
	int owner = 0;	  // of one owner, in the whole cluster
	int source = 0;	  // of one data source of this database
	bool single_run = false;
};

// What is live while a run asks for a place.
struct LiveCounts {
	int cluster = 0;
	int database = 0;
	int owner = 0;	// of the run's owner
	int source = 0; // of the run's data source; of this database's own tables: none
	int access = 0; // of those, of the run's owner
	bool pipeline = false;
	bool free_place = false; // shared memory has room
	int older_elsewhere = 0; // other databases whose oldest waiting run has been due for longer
};

struct StartRequest {
	bool stop_requested = false;
	bool source_on_trial = false; // it could not be reached: one run at a time finds out whether it can
};

enum class Refusal : int {
	None = 0,
	StopRequested, // somebody wants this run stopped
	PipelineBusy,  // the pipeline has a live run
	SingleRun,	   // one run at a time in this database, and there is one
	ClusterFull,   // as many runs as there may be, or an older one elsewhere has the next place
	DatabaseFull,
	OwnerFull,
	SourceFull,
	SourceOnTrial, // another run of this owner finds out whether the source can be reached again
};

constexpr Refusal
WhyNotNow(const StartRequest &request, const LiveCounts &live, const StartLimits &limits)
{
	if (request.stop_requested) {
		return Refusal::StopRequested;
	}
	if (live.pipeline) {
		return Refusal::PipelineBusy;
	}
	if (limits.single_run && live.database > 0) {
		return Refusal::SingleRun;
	}
	// Free places belong to the oldest due runs of the whole cluster.
	if (!live.free_place || live.cluster + live.older_elsewhere >= limits.cluster) {
		return Refusal::ClusterFull;
	}
	if (limits.database > 0 && live.database >= limits.database) {
		return Refusal::DatabaseFull;
	}
	if (limits.owner > 0 && live.owner >= limits.owner) {
		return Refusal::OwnerFull;
	}
	if (limits.source > 0 && live.source >= limits.source) {
		return Refusal::SourceFull;
	}
	if (request.source_on_trial && live.access > 0) {
		return Refusal::SourceOnTrial;
	}
	return Refusal::None;
}

} // namespace sluice
