// What a load in streams needs of the process that it runs in: other processes. Set by whoever can start them.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine {

struct ParallelHost {
	// How many processes could still be started.
	int (*spare)();
	// How many of the wanted processes the server can spare; fewer than two: none are kept.
	int (*reserve)(int wanted);
	// Starts one that attaches to the board and calls RunParallelWorker. False: no process is free. The handle lives in
	// TopMemoryContext.
	bool (*start)(const char *run_id, uint32 board, int worker, BackgroundWorkerHandle **handle);
};

} // namespace sluice::engine
