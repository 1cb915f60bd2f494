// What this backend's transaction does to our processes when it ends. Leaf code: plain data, may raise.
// COMMIT PREPARED calls no callbacks; the utility hook and the safety tick see to that.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::worker::leaf {

// At COMMIT wakes this database's scheduler; nothing on abort.
void PokeAtCommit();
// At COMMIT and at abort: CALL run_pipeline held locks that others may wait for.
void PokeAtEnd();
// At COMMIT the launcher looks whether this database has the extension.
void ProbeAtCommit();
// At COMMIT the launcher lists the databases again.
void RescanAtCommit();
// At COMMIT this database's runs stop and its scheduler leaves: the extension is dropped. A rolled back
// savepoint takes it back.
void StopEverythingAtCommit();
// Keeps schedulers out of a database until this transaction ends, and waits a moment for the one there to go.
void BarUntilEnd(Oid database);
// Terminates the runs in a database and waits, not for long, until their processes are gone.
// The runs of this database that have a worker end before a command takes locks that they hold; until then and until
// the transaction ends no other starts. First they are asked, then their processes are terminated.
void StopRunsHere(Oid by);
void EndRunsOf(Oid database, Oid by);

} // namespace sluice::worker::leaf
