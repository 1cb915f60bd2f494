// What the leaves that talk to another PostgreSQL share: waiting, collecting results, raising. Internal to pg/.
#pragma once

#include "core/steady_clock.hpp"
#include "pg/remote_state.hpp"

namespace sluice::pg::leaf {

// Waits for the socket or the latch and serves interrupts; false when the time is over. -1: no limit.
bool WaitSocket(Remote *remote, int events, int timeout_ms);
// When what is waited for from now on must be there; 0: never.
SteadyTime SilenceEnd(const Remote *remote);
// As WaitSocket, up to that time; raises when it is over.
void WaitUntil(Remote *remote, int events, SteadyTime end);
// Since the last whole row. A drip is no progress.
struct RowWait {
	bool begun;
	SteadyTime end;
	int64 read_first;
	int64 read_before;
};
void WaitForRow(Remote *remote, RowWait *wait);
// Reads what has come. What nobody asked for is thrown away.
void Consume(Remote *remote);
// Takes all results of the command into remote->result; keeps the last one, or the first that is an error.
void Collect(Remote *remote);
// Sends what is queued; what the server says meanwhile is read.
void Flush(Remote *remote, void (*hear)(Remote *remote) = Consume);
void DropResult(Remote *remote);

[[noreturn]] void RaiseTooMuch(const Remote *remote, int64 limit);
[[noreturn]] void RaiseLost(Remote *remote);
// The error in remote->result.
[[noreturn]] void RaiseResult(Remote *remote);

} // namespace sluice::pg::leaf
