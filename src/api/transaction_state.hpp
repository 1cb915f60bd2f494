// Commits inside a procedure. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::api::leaf {

// Whether the procedure was called where it may commit: outside transaction blocks, functions and exception
// blocks.
bool MayCommit(FunctionCallInfo fcinfo);
// Commits; what follows is a new transaction without a snapshot.
void CommitAndGoOn();

} // namespace sluice::api::leaf
