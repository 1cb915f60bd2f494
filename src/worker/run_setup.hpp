// What each transaction of a run begins with, that of a chunk and that of a parallel worker.
#pragma once

#include "catalog/pipeline.hpp"
#include "core/option_registry.hpp"
#include "core/run_journal.hpp"

namespace sluice::worker {

// Whether this session is the role's from its login on. Code that runs in a session of which this is not true can take
// back SET ROLE or SET SESSION AUTHORIZATION, and then is whoever had logged in.
bool IsSessionOf(Oid role);
// Throws Error unless this session is the owner's, in a READ COMMITTED transaction.
void CheckIdentity(const catalog::Pipeline &pipeline);
// Sets what every run pins, in this process and for this transaction; returns what leaf::UnpinSettings takes. The
// journal is told what the owner does not trust any more.
int PinRunSettings(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal *journal);
// The same for the rest of this process, whose session is the command's: what its statements set lasts from one to the
// next, and RESET goes back to what is pinned.
void PinProcessSettings(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal *journal);

} // namespace sluice::worker
