// Starting the queued runs of one database in one wake of its scheduler.
#pragma once

#include <set>

#include "worker/run_slots.hpp"
#include "worker/scheduler.hpp"

namespace sluice::worker {

// What became of a queued run.
enum class Outcome {
	Started,
	Closed,		  // skipped, stopped, failed: its row says why
	PipelineBusy, // stays queued behind a run of its pipeline
	OwnerBusy,	  // stays queued, and so do all of its owner
	SourceBusy,	  // stays queued, and so do all of its source
	AccessBusy,	  // stays queued, and so do all of its source and owner
	HeldBack,	  // stays queued, and so do all of this database
	NoPlace,	  // stays queued, and so do all after it in the whole cluster
	NoWorker,	  // the same, for want of a background worker slot
};

class Starter {
public:
	explicit Starter(SchedulerState &state) : state_(state) {}
	void LookAtSources();

	// One transaction's worth of the queue; true when the next may find more.
	bool StartSome();
	// Processes that waited for a run of their owner and got none. True when somebody else may have their places.
	bool DismissIdle();

private:
	// In the order of turns. *more: there may be others. The first look is at no more owners than there are places, if
	// their turns say who is first: most often it fills them.
	std::vector<catalog::RunRow> Queue(bool first_look, bool *more);
	Outcome Start(const catalog::RunRow &run);
	Outcome Close(const catalog::RunRow &run, const std::string &status, const std::string &reason);
	Outcome Behind(const catalog::RunRow &run, const std::string &other);
	Outcome BehindSession(const catalog::RunRow &run);
	Outcome Launch(const catalog::RunRow &run, const catalog::Pipeline &pipeline);
	// False: there is no background worker slot.
	bool StartWorker(const leaf::Reservation &place, const std::string &run_id);
	void Note(Outcome outcome, const catalog::RunRow &run);

	SchedulerState &state_;
	std::vector<LiveRun> live_;
	std::vector<std::string> busy_; // pipelines whose queued runs must wait
	std::vector<std::string> full_owners_;
	std::vector<std::string> full_sources_;
	std::vector<std::string> waiting_accesses_;
	std::set<std::string> accesses_on_trial_;
	std::set<Oid> more_queued_;				// owners of several runs that could start
	std::vector<leaf::Reservation> handed_; // to processes at hand, by the current transaction
	bool changed_ = false;					// a run was started or closed
	bool progress_ = false;					// the next round sees other runs than this one
	bool full_ = false;
	bool several_owners_ = false;
	bool looked_ = false; // at the queue
};

} // namespace sluice::worker
