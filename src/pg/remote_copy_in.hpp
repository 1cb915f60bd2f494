// Leaf: rows into another PostgreSQL, by COPY ... FROM STDIN. Never blocks in libpq: every wait is on the latch
// and the socket, bounded by the connection's longest silence, and what the server says while rows are being
// sent is looked at, so that an error there shows at once and not after the last row.
#pragma once

#include "pg/remote_link.hpp"

namespace sluice::pg::leaf {

// Sends the statement and waits until the server takes rows.
void RemoteCopyIn(Remote *remote, const char *statement);
// Sends bytes of the COPY stream; where they are cut does not matter. On return they are with the kernel.
void RemotePutCopy(Remote *remote, const char *data, size_t length);
// Ends the stream and waits for the server's word; returns how many rows it took.
int64 RemoteEndCopy(Remote *remote);
// One that is under way, if one is, ends without its rows.
void RemoteGiveUpCopy(Remote *remote);

} // namespace sluice::pg::leaf
