// Connections to other servers that are open in this process: on every way out of it the work that they have there is
// ended, FATAL included, where no destructor runs.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

// The first member of a connection's plain state.
struct OpenLink {
	void (*end)(OpenLink *link); // asks the server to end what it does for us, if anything; never raises
	OpenLink *next;
};

// Before a socket is opened for it. Raises where this process has too many files open; server: for the message.
void AddOpenLink(OpenLink *link, const char *server, void (*end)(OpenLink *link));
// Never raises; nothing where it is not open.
void ForgetOpenLink(OpenLink *link);

} // namespace sluice::pg::leaf
