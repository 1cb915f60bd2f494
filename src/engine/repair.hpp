// A repair: a run that compares all rows of the source with those of the destination, and writes what is missing or
// different there (what diff_pipeline tells).
#pragma once

#include "catalog/pipeline.hpp"
#include "core/run_journal.hpp"

namespace sluice::engine {

// The pipeline as such a run takes it: it merges, or mirrors where rows that only the destination has are to go. Throws
// Error where it cannot be repaired.
catalog::Pipeline AsRepair(const catalog::Pipeline &pipeline, bool deletes_extra, RunJournal &journal);
// Throws Error 0A000 where that is known from the definition.
void CheckRepairable(const catalog::Pipeline &pipeline);

} // namespace sluice::engine
