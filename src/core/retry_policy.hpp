// Whether and when a failed run is tried again. Pure C++.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/run_phase.hpp"

namespace sluice {

// An error that another attempt can cure: connection, resources, serialization, deadlock, lock, shutdown,
// a time limit, a lost worker. Everything else fails again.
bool IsTransient(int sqlstate);
// One that tells that the data source itself could not be reached, or has stopped answering.
bool IsSourceOutage(int sqlstate);

struct RetryPolicy {
	int max_retries = 0;
	int64_t delay = 0;	   // before the first retry, in microseconds
	int64_t max_delay = 0; // no wait is longer
};

// The wait before attempt + 1, in microseconds; nothing: it stays failed. attempt counts from 1. random is
// in [0, 1): the wait doubles with each attempt and is spread by a fifth to both sides, so that what failed
// together does not come back together. (Exponential backoff with jitter, M. Brooker, AWS Architecture Blog, 2015.)
std::optional<int64_t> RetryDelay(const RetryPolicy &policy, int sqlstate, int attempt, double random);

// The end of a run whose destination is another server, where the rows are committed before the run's end is.
struct RunEnd {
	std::string_view status;
	int sqlstate = 0;
	RunPhase phase = RunPhase::None; // in which it ended
	bool was_unknown = false;		 // it was to find out what an earlier attempt had done
};
// Whether its rows may be there all the same: only the ledger at that server can tell.
bool IsOutcomeUnknown(const RunEnd &end);
// The wait before the attempt that looks; nothing: enough have tried. Attempts as for RetryDelay, but whether
// another load is wanted has no say.
inline constexpr int kMaxLooks = 20;
std::optional<int64_t> LookDelay(const RetryPolicy &policy, int attempt, double random);

// How long the pipelines of a source wait that could not be reached so many times in a row, in
// microseconds; nothing: they do not.
std::optional<int64_t> OutageDelay(int failures, int tolerated, int64_t delay, int64_t max_delay);

} // namespace sluice
