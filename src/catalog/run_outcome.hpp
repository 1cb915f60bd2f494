// What the end of a run changes about its pipeline. Internal to catalog/.
#pragma once

#include <string>

namespace sluice::catalog {

enum class Outcome { Success, Failure, Stopped };

// Never waits: a row that somebody else holds belongs to a pipeline that is being dropped.
void RecordOutcome(const std::string &pipeline_id, Outcome outcome);

} // namespace sluice::catalog
