// The run of a pipeline that is a command: its statements in place of a load, as its owner.
#pragma once

#include "engine/command/command_plan.hpp"
#include "engine/run.hpp"
#include "worker/run_session.hpp"

namespace sluice::worker {

class CommandRun {
public:
	// As of RunSession.
	CommandRun(const engine::RunRequest &request, const std::string &context, SessionLocks *locks, RunJournal &journal,
			   catalog::RunCounters *counters);

	// In a worker, outside any transaction: to the end of the run. In one transaction, with 'success' in it; or where
	// each statement has its own, with 'success' in one behind them. Throws Error; the session is then fit to record
	// it.
	void Run();
	// In the caller's transaction, with 'success' in it.
	void RunInCaller();

private:
	enum class Place { Caller, OneTransaction, Alone };

	void Prepare();
	void Together(const engine::ParsedCommand &command);
	void EachAlone(const engine::ParsedCommand &command);
	void RunStatements(const engine::ParsedCommand &command, Place place);
	void RunOne(const engine::ParsedCommand &command, int number, Place place);
	void Finish();

	const engine::RunRequest &request_;
	const catalog::Pipeline &pipeline_;
	const std::string &context_;
	SessionLocks *const locks_;
	RunJournal &journal_;
	catalog::RunCounters *const counters_;
};

} // namespace sluice::worker
