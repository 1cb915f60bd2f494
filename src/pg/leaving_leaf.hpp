// Waiting while a connection is left: after an abort or on the way out of the process, where nothing may raise. Whoever
// asks once more that the work end, or the process, ends the wait as well; what he asked for is done right after it.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

// Of a clock that nobody sets.
int64 MonotonicMs() noexcept;
// Somebody asked while the connection is left.
bool IsAskedAgain() noexcept;
// poll's events on a socket; false when that time has come, or somebody asked again.
bool WaitWhileLeaving(int socket, short events, int64 deadline) noexcept;

} // namespace sluice::pg::leaf
