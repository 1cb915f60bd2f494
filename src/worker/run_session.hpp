// A run as a session: its locks, its connection, how far it came. What it loads it commits in chunks, rows, counters,
// watermark and log together. A batch is one chunk, made by a run worker or by CALL run_pipeline; the run of a
// pipeline of mode 'realtime' goes on as long as its source has more.
#pragma once

#include <string>

#include "catalog/run_store.hpp"
#include "core/option_registry.hpp"
#include "core/steady_clock.hpp"
#include "engine/run.hpp"

namespace sluice::worker {

// The locks of a run, from its worker's first transaction to its last.
class SessionLocks {
public:
	// False while another run of the pipeline, or with pg_sluice.single_run any other run, holds them.
	bool Take(const catalog::Pipeline &pipeline);
	// In each transaction of a run that has several: after code of the owner, which may have let go of them. False:
	// another run came in between.
	bool Renew();
	// Others find them free when they see what the current transaction commits.
	void LeaveToTransaction();

private:
	pg_uuid_t pipeline_{};
	bool single_run_ = false;
	bool held_ = false;
};

class RunSession {
public:
	// The run's row says 'running'. locks: NULL in CALL run_pipeline, whose transaction holds them. All that is given
	// outlives this.
	RunSession(const engine::RunRequest &request, const std::string &context, SessionLocks *locks, RunJournal &journal,
			   catalog::RunCounters *counters);

	// In a worker, outside any transaction: to the end of the run, with 'success' in the last commit. Throws Error;
	// what was committed before stays, and counters say how far it came.
	void Run();
	// One chunk, in the caller's transaction: pins the settings, loads, and writes what is committed with the rows, in
	// the last one 'success'. False: there is more to come. Throws Error; then the caller aborts.
	bool LoadChunk();

private:
	bool Load(const OptionValues &options);
	void GoOn();
	void ChangeDestination();

	const engine::RunRequest &request_;
	const std::string &context_;
	SessionLocks *const locks_;
	RunJournal &journal_;
	catalog::RunCounters *const counters_;
	engine::LoadSession load_;
	SteadyTime const begun_ = SteadyNow();
	bool changed_ = false;
	std::string change_; // of the destination, before it is loaded
};

} // namespace sluice::worker
