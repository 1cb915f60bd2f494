// Between two runs of a process: what a new session would not have. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::worker::leaf {

// How many libraries this process has loaded, those without a state of their own aside. What a procedural language, a
// foreign data wrapper or dblink keeps in variables nobody but itself can reset.
int CountLibraries();

// As the process list and pg_stat_activity show it.
void NameProcess(const char *name);

// In a transaction, after ResetAllOptions: what else DISCARD ALL does, but for plans, which the server itself makes
// again when what they were made from has changed; and the seed of random().
void ResetSession();

} // namespace sluice::worker::leaf
