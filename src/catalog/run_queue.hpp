// Whose runs wait in the queue, which the scheduler reads owner by owner: one's thousand runs are not in the way of
// another's only one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/run_store.hpp"

namespace sluice::catalog {

// Owners with queued runs, without those of not_now; one index probe each.
std::vector<Oid> OwnersWaiting(const NotNow &not_now);
// What there is to do, now or later.
struct WorkAhead {
	std::optional<TimestampTz> next_due;   // of a pipeline
	std::optional<TimestampTz> next_retry; // of those that are due after a given time
	bool pending = false;				   // a queued run whose time has come
	bool ended = false;					   // the end of a run is not settled
};
WorkAhead LookAhead(TimestampTz retries_after);
// The least and the greatest OID of an owner of pipelines here; InvalidOid where there is none.
std::pair<Oid, Oid> OwnersAtEnds();

// Whose open transaction with a CALL run_pipeline keeps others out under pg_sluice.single_run; the oldest.
struct SingleRunHolder {
	int pid = 0;		  // 0: a prepared transaction
	int64_t since = 0;	  // tells one transaction of the session from the next
	bool overdue = false; // open for longer than pg_sluice.single_run_limit
	// For who waits.
	std::string Describe() const;
};
std::optional<SingleRunHolder> FindSingleRunHolder();
void EndSession(int pid);

// A pipeline's queued runs, up to that one.
struct QueuedRuns {
	std::vector<std::string> own; // of the current transaction
	int others = 0;
	std::string last; // of the others, in the order of their ids
};
QueuedRuns FindQueued(const std::string &pipeline_id, const std::optional<std::string> &up_to = std::nullopt);

} // namespace sluice::catalog
