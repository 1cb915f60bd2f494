// What a server says before the session stands, looked at before libpq acts on it.
#pragma once

#include "pg/remote_state.hpp"

namespace sluice::pg::leaf {

// The setting pg_sluice.max_scram_iterations.
extern int max_scram_iterations;

// True: libpq may read what has come; false: it is not whole yet. Raises what libpq should not see: more iterations of
// SCRAM than allowed, which it would count through without a look at anything else; messages out of turn, among which
// such a number could hide.
bool MayReadLogin(Remote *remote);

} // namespace sluice::pg::leaf
