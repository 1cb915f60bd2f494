// Waiting while a connection is left: after an abort or on the way out of the process, where nothing may raise. Whoever
// asks once more that the work end, or the process, ends the wait as well; what he asked for is done right after it.
#pragma once

#include "core/steady_clock.hpp"
#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

// Somebody asked while the connection is left.
bool IsAskedAgain() noexcept;
// poll's events on a socket; false when that time has come, or somebody asked again.
bool WaitWhileLeaving(int socket, short events, SteadyTime deadline) noexcept;

} // namespace sluice::pg::leaf
