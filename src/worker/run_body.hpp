// One run inside the current transaction, the same for a run worker and for CALL run_pipeline.
#pragma once

#include <string>

#include "catalog/run_store.hpp"
#include "core/option_registry.hpp"
#include "engine/run.hpp"

namespace sluice::worker {

struct RunBodyRequest {
	const catalog::Pipeline &pipeline;
	const std::string &run_id;
	const std::string &context;
	engine::ProgressSink progress = nullptr;
	std::string root_run = {}; // '' in the caller's own transaction
	bool only_look = false;	   // see engine::RunRequest
	const engine::ParallelHost *streams = nullptr;
};

// Takes the locks, pins the settings, loads, and writes 'success'; the caller commits. Throws Error; then
// the caller aborts, which undoes everything, and counters say how far it came.
void RunBody(const RunBodyRequest &request, RunJournal &journal, catalog::RunCounters *counters);

// Sets what every run pins, in this process and for this transaction; returns what leaf::UnpinSettings takes. The
// journal is told what the owner does not trust any more.
int PinRunSettings(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal *journal);
// Throws Error unless this process acts as the owner, in a READ COMMITTED transaction.
void CheckIdentity(const catalog::Pipeline &pipeline);

// False while another run of the pipeline, or with pg_sluice.single_run any other run, holds its locks. Takes them
// until the end of the transaction when it can.
bool MayRunNow(const catalog::Pipeline &pipeline);

} // namespace sluice::worker
