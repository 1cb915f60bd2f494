// Lets a PostgreSQL source apply the pipeline's filter where it gives the same answer there.
#pragma once

#include "core/run_journal.hpp"
#include "engine/source/run_input.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

// Before anything is read. Says in the journal who applies the filter, and why it is not the source. Throws Error.
void PushFilter(const RunInput &input, MappedQuery &query, RunJournal &journal);

} // namespace sluice::engine
