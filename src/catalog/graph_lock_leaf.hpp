// The lock that keeps two sessions from building a cycle together. The scheduler and runs never take it. Leaf
// code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::catalog::leaf {

// Until the end of the transaction; waits. change: against everybody who adds or removes what is depended on;
// else, for a removal, against those who add.
void LockGraph(bool change);

} // namespace sluice::catalog::leaf
