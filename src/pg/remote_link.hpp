// Leaf behind pg/remote_connection.hpp: libpq without ever blocking uninterruptibly. Every wait goes
// through the latch with a deadline; no exception and no ereport crosses a libpq frame (border rules
// B13, B14). The server's own libpq-be-fe-helpers.h waits in the same manner but knows no deadline.
#pragma once

#include "pg/remote_state.hpp"

namespace sluice::pg::leaf {

void RemoteConnect(Remote *remote, const char *const *keywords, const char *const *values, int timeout_ms);
// Runs one statement; leaves its last result in remote->result. Text parameters and results.
void RemoteExec(Remote *remote, const char *statement, int parameter_count, const char *const *parameters);
// Runs statements whose results nobody needs, by the simple protocol.
void RemoteExecScript(Remote *remote, const char *statements);
// Describes a statement without running it; leaves the description in remote->result.
void RemoteDescribe(Remote *remote, const char *statement);
// Sends COPY ... TO STDOUT and waits until rows can be read.
void RemoteCopyOut(Remote *remote, const char *statement);
// Next CopyData message into remote->copy_row (valid until the next call); its length, -1 at the end.
// At the end the statement's result has been checked and is in remote->result.
int RemoteCopyRow(Remote *remote);
// Never raises, takes at most timeout_ms: asks the server to cancel what it is doing for us, if anything.
void RemoteCancel(Remote *remote, int timeout_ms);
// Never raises: cancels if busy, closes, frees.
void RemoteClose(Remote *remote);

} // namespace sluice::pg::leaf
