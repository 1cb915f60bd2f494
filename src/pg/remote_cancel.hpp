// A cancel request to a PostgreSQL source that never blocks for longer than its deadline. Raises
// nothing and waits with poll(), because it also runs while an error or an exit is under way.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

void SendCancelRequest(PGconn *conn, int timeout_ms);

} // namespace sluice::pg::leaf
