// Waiting for a time, or until somebody sets this process's latch.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

// wait_event: what pg_stat_activity shows. Serves interrupts afterwards.
void Pause(long milliseconds, const char *wait_event);
// The same where nothing may raise yet: interrupts are left for later.
void PauseQuietly(long milliseconds, const char *wait_event);

} // namespace sluice::pg::leaf
