// What shows a load to hooks that are called by themselves. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// As a TRUNCATE calls it, for sepgsql.
void ShowTruncate(Oid relation);
bool MayDelete(Oid relation);

} // namespace sluice::engine::leaf
