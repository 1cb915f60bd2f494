// One attempt of a run in its worker: its row is taken, the session runs, and where it fails the end is written.
#pragma once

#include <string>

namespace sluice::worker {

// The slot of this process tells how it ended. Throws Error only where nothing of it may go on.
void MakeAttempt(const std::string &run_id);

} // namespace sluice::worker
