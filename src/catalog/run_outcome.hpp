// What the end of a run changes about its pipeline. Internal to catalog/.
#pragma once

#include <string>

namespace sluice::catalog {

// Never waits: a row that somebody else holds belongs to a pipeline that is being dropped.
void RecordLastRun(const std::string &pipeline_id, bool success);

// Hands the run to the scheduler, which draws the consequences of its end.
void NoteEnded(const std::string &run_id);

} // namespace sluice::catalog
