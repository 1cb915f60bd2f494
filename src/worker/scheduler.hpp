// The scheduler of one database, in parts: due.cpp fires what is due, start_runs.cpp starts what is
// queued, reconcile.cpp writes the ends that nobody else wrote. Each part works in short transactions of
// its own and never waits for a lock that a user or a run can hold (design rule 11): rows that somebody
// has locked are passed over, everything else gives up after lock_timeout and is tried again.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "catalog/run_store.hpp"
#include "core/episode.hpp"
#include "core/error.hpp"
#include "core/steady_clock.hpp"
#include "worker/live_runs.hpp"

namespace sluice::worker {

// Rows handled by one transaction: few enough subtransactions for every backend's snapshot cache.
inline constexpr int kBatch = 32;

struct SchedulerState {
	Oid database = InvalidOid;

	// Workers that were registered and have not attached yet, or run.
	struct Launch {
		uint64 cookie;
		BackgroundWorkerHandle *handle;
	};
	std::map<int, Launch> launches; // by slot

	// Pipelines and runs that failed by themselves, by id: not touched again before that time.
	std::map<std::string, SteadyTime> deferred;
	// Why, of those that failed.
	std::map<std::string, std::string> set_aside;

	// When each owner had its last turn at the places for runs, counted in turns.
	std::map<Oid, uint64> turns;
	uint64 last_turn = 0;

	// The session whose open CALL runs were seen to wait for, and since when.
	std::pair<int, int64> holder = {0, 0};
	SteadyTime held_since = 0;
	int ended_session = 0; // PID of the one that was ended last, for what it kept waiting

	std::optional<std::string> settled_to; // this pass over the runs that have ended has got as far as this one

	// Results of the current wake.
	bool acted = false;	 // something was fired, started or closed
	bool closed = false; // queued runs were closed without a start
	bool more_to_settle = false;
	bool reap = true;		 // streams of a load may have left a table behind
	bool retry_soon = false; // something could not be done now: look again in a second
	TimestampTz waiting_due = DT_NOEND;
	TimestampTz source_retry = DT_NOEND; // when a source that is left alone may be tried again
	bool starved = false;
	Episode starving{USECS_PER_SEC}; // until the queue is empty; a slot that is kept for runs comes back at once
};

// Draws the consequences of runs that have ended, each batch a slice at a time, for a tenth of a second; false when
// there were none.
bool SettleEnded(SchedulerState &state);

// Computes again what was stored by a clock that was ahead. set_back: by how much it was seen to go back; 0: not seen.
void FollowClockBack(SchedulerState &state, int64 set_back);
// Fires what is due; true when there may be more.
bool FireDue(SchedulerState &state);

// Starts queued runs as far as there are places: owner after owner, for each by priority, then oldest due first.
void StartPending(SchedulerState &state);

// Writes the end of runs whose worker left without one, or never came.
void CollectEnded(SchedulerState &state);
// Rows that say 'running' and have no worker: marks them failed.
void MarkLostRuns(SchedulerState &state);
// Drops what loads in streams left behind whose run is over.
void ReapStaging(SchedulerState &state);
// Closes queued runs that somebody wants stopped; terminates those that do not obey.
void ServeStops(SchedulerState &state);

// Takes away some of the history that is too much; true when there may be more.
bool PurgeHistory(const SchedulerState &state);

// Runs body in a subtransaction. A failure is logged and the id deferred for a minute: it never stops the
// others. True when it succeeded.
bool Isolated(SchedulerState &state, const std::string &id, const std::string &what, const std::function<void()> &body);
bool IsDeferred(const SchedulerState &state, const std::string &id);

} // namespace sluice::worker
