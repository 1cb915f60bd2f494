// What a stream does: piece by piece of the source into the staging table, in one transaction here and one there.
#pragma once

#include "engine/streams/stream_board_leaf.hpp"
#include "engine/streams/stream_job.hpp"

namespace sluice::engine {

// In the caller's transaction, as the pipeline's owner, with the run's settings and context: the table that is still
// missing. Publish it once the transaction is committed.
Oid PrepareStaging(const StreamBoard *board, const StreamJob &job);

// Takes and loads pieces until there are none left. The caller commits. Throws Error.
void LoadPieces(const StreamBoard *board, const StreamJob &job);

} // namespace sluice::engine
