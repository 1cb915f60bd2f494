// Rows that come late: their cursor's value was set by a transaction that was still open when the source was read. The
// source is asked since when one has been open, before it is read; what was not seen open is seen committed.
#pragma once

#include <string>

#include "engine/source/cursor_range.hpp"
#include "engine/wire/ask_server.hpp"

namespace sluice::engine {

struct OpenTransactions {
	std::string why_not; // that is not known; '': the rest is
	std::string since;	 // whole seconds since 1970: none that is open, or that begins from now on, began before
	std::string shift;	 // of local times there, in seconds
	bool any = false;	 // one was open then; else it is when the source was asked
};

// Of a PostgreSQL. ask: finds names in pg_catalog alone, and holds no snapshot that the source is read with. Throws
// Error.
OpenTransactions ReadOpenTransactions(const AskServer &ask);

// now() of a transaction that began since is no less as a value of this type, which is a date or a time.
std::string LeastNow(const OpenTransactions &open, const CursorType &type);

} // namespace sluice::engine
