// One run inside the current transaction, the same for a run worker and for CALL run_pipeline.
#pragma once

#include <string>

#include "catalog/run_store.hpp"
#include "engine/run.hpp"

namespace sluice::worker {

struct RunBodyRequest {
	const catalog::Pipeline &pipeline;
	const std::string &run_id;
	const std::string &context;
	engine::ProgressSink progress = nullptr;
	std::string root_run = {}; // '' in the caller's own transaction
	bool only_look = false;	   // see engine::RunRequest
};

// Takes the locks, pins the settings, loads, and writes 'success'; the caller commits. Throws Error; then
// the caller aborts, which undoes everything, and counters say how far it came.
void RunBody(const RunBodyRequest &request, RunJournal &journal, catalog::RunCounters *counters);

// False while another run of the pipeline, or with pg_sluice.single_run any other run, holds its locks. Takes them
// until the end of the transaction when it can.
bool MayRunNow(const catalog::Pipeline &pipeline);

// The clock of journals.
int64_t JournalClock();

} // namespace sluice::worker
