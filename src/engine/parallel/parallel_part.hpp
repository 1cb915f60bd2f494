// What a stream does: piece by piece of the source into the staging table, in one transaction here and one there.
#pragma once

#include "engine/parallel/parallel_board.hpp"
#include "engine/parallel/parallel_job.hpp"

namespace sluice::engine {

// In the caller's transaction, as the pipeline's owner, with the run's settings and context: the table that is still
// missing. Publish it once the transaction is committed.
Oid PrepareStaging(const ParallelBoard *board, const ParallelJob &job);

// Takes and loads pieces until there are none left. The caller commits. Throws Error.
void LoadPieces(const ParallelBoard *board, const ParallelJob &job);

} // namespace sluice::engine
