// The streams of a load as the run worker sees them: starts them, notices their ends, gives to others what a dead one
// leaves behind, and stops all of them on every way out.
#pragma once

#include <string>
#include <vector>

#include "core/run_journal.hpp"
#include "engine/parallel/parallel_board.hpp"
#include "engine/parallel/parallel_host.hpp"
#include "engine/parallel/parallel_job.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

struct CrewOrder {
	const ParallelHost &host;
	const ParallelJob &job;
	Oid destination; // InvalidOid: this run has made it
	int streams;
};

enum class CrewState {
	Loading,
	Done,	 // every piece is committed, and all have left
	Spoiled, // one died and left rows that cannot be told from good ones: all must be loaded again
};

class ParallelCrew {
public:
	// order.job goes into shared memory and is not kept. Throws Error when there is none left.
	ParallelCrew(const CrewOrder &order, RunJournal &journal);
	~ParallelCrew();
	ParallelCrew(const ParallelCrew &) = delete;
	ParallelCrew &operator=(const ParallelCrew &) = delete;

	// False: not even one could be started.
	bool Begin();
	// Looks after them; throws what one of them ended with.
	CrewState Watch();
	leaf::BoardTotals Totals() const;
	Oid Staging() const { return board_->staging; }

private:
	bool Start();
	bool Settle(int worker);
	void ThrowFirstError();
	int Live() const;

	const ParallelHost &host_;
	std::string run_id_;
	RunJournal &journal_;
	dsm_segment *segment_ = nullptr;
	ParallelBoard *board_ = nullptr;
	int wanted_;
	int deaths_ = 0; // of streams that had written nothing
	bool said_short_ = false;
	std::vector<BackgroundWorkerHandle *> handles_;
};

} // namespace sluice::engine
