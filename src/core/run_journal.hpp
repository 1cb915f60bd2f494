// The log of one run while it runs: bounded memory, written to the tables by each transaction that commits something of
// the run (design rule 13). Pure C++.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/rejected_rows.hpp"
#include "core/run_phase.hpp"

namespace sluice {

struct JournalLine {
	int64_t at;		   // microseconds since 2000-01-01 UTC, as TimestampTz
	std::string level; // 'debug', 'info', 'warning', 'error'
	RunPhase phase;
	std::string message;
	std::string data; // JSON object text, or ''
};

class RunJournal {
public:
	// The clock is handed in so that this stays pure.
	explicit RunJournal(int64_t (*clock)()) : clock_(clock) {}

	// What the run does from now on.
	void EnterPhase(RunPhase phase)
	{
		phase_ = phase;
		if (on_phase_) {
			on_phase_();
		}
	}
	// Called after each change of phase, to show it at once; empty: nobody.
	void OnPhase(std::function<void()> listener) { on_phase_ = std::move(listener); }
	RunPhase Phase() const { return phase_; }

	void Info(std::string message, std::string data = {}) { AddNew("info", std::move(message), std::move(data)); }
	void Warning(std::string message, std::string data = {}) { AddNew("warning", std::move(message), std::move(data)); }
	// Also where the chunk before has said the same.
	void EachTime(std::string message) { Add("info", std::move(message), {}); }
	void Failure(std::string message, std::string data = {}) { Add("error", std::move(message), std::move(data)); }

	// Those that are not written yet.
	const std::vector<JournalLine> &Lines() const { return lines_; }
	// How many lines did not fit; told in one last line by whoever writes the journal.
	int64_t Dropped() const { return dropped_; }

	// Those that did not fit.
	RejectedRows &Rejected() { return rejected_; }
	const RejectedRows &Rejected() const { return rejected_; }

	// The lines are committed, and another chunk begins. What it says is left out where the last one said the same.
	void BeginChunk();

private:
	static constexpr size_t kMaxLines = 1000;
	static constexpr size_t kMaxBytes = 1024 * 1024;

	void AddNew(const char *level, std::string message, std::string data);
	void Add(const char *level, std::string message, std::string data);

	int64_t (*clock_)();
	RunPhase phase_ = RunPhase::None;
	std::function<void()> on_phase_;
	std::vector<JournalLine> lines_;
	std::set<std::string> said_;  // by the chunk before this one
	std::set<std::string> again_; // what of it this one said too
	size_t bytes_ = 0;
	int64_t dropped_ = 0;
	RejectedRows rejected_;
};

} // namespace sluice
