// PostgreSQL's own progress reporting: a load is a COPY whose rows come from a callback. An abort ends it.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

void BeginCopyProgress(Oid relation);
void ShowCopyProgress(int64 rows, int64 bytes);
void EndCopyProgress();

} // namespace sluice::engine::leaf
