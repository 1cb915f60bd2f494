// What follows a run in its batch: the fallback of a failed one, and the pipelines that depend on it. Called by the
// scheduler alone, for one ended run after the other, so that parents which end at once never miss each other.
#pragma once

#include "catalog/run_settle.hpp"

namespace sluice::worker {

// The run is over for good: no retry follows.
void GoOnAfter(const catalog::RunRow &run);
// The same for a run whose row was deleted with its pipeline.
void GoOnWithout(const catalog::EndedRun &ended);
// The run has a later attempt although it was over.
void ReopenChain(const catalog::RunRow &run);

// Looks at what waits for nodes of the batch that are over, at most at so many; false when there may be more. What
// was looked at is in the tables: a crash between two slices loses none of them.
bool FollowChain(const std::string &id, int most);

} // namespace sluice::worker
