#include "engine/parallel/parallel_load.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "engine/parallel/parallel_crew.hpp"
#include "engine/parallel/staging_table.hpp"
#include "engine/target/lock_attempt.hpp"
#include "pg/run_context.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

namespace {

// How often the connection that holds the snapshot says something.
constexpr int64_t kKeepAlive = 20 * USECS_PER_SEC;
// Streams die when somebody terminates them, and connections break: that is no reason to go on for ever.
constexpr int kMostAttempts = 4;

enum class Outcome {
	Done,
	Spoiled,	  // a worker died, or lost its source, and left rows that cannot be told from good ones
	SnapshotLost, // with the connection that held it
	NotThere,	  // it is still held, but a worker's connection does not find it
};

class ParallelLoad {
public:
	ParallelLoad(const ParallelRequest &request, int streams);
	// False: not one worker could be started, or the source is not one server.
	bool Run();
	ParallelRows Result() const { return {staging_, totals_.rows}; }

private:
	Outcome Attempt();
	Outcome Wait(ParallelCrew *crew);
	bool StillHeld();
	bool LetGo();
	void StartAgain(Outcome outcome);
	void RenewSnapshot();
	void ShowTotals();

	const ParallelRequest &request_;
	DivisibleSource &source_; // whose connection holds the snapshot
	int streams_;
	ParallelJob job_;
	Oid staging_ = InvalidOid;
	bool guarded_ = false;
	bool started_ = true;
	leaf::BoardTotals totals_{};
};

ParallelLoad::ParallelLoad(const ParallelRequest &request, int streams)
	: request_(request), source_(*request.input.Divisible()), streams_(streams)
{
	const Destination &destination = request.destination;
	job_.pipeline = request.pipeline;
	job_.run_id = request.run_id;
	job_.loaded_at = request.input.Stamp().loaded_at;
	job_.context = pg::RunContext();
	job_.snapshot = source_.ExportSnapshot();
	job_.shape = source_.Shape();
	job_.direct = request.plan.direct;
	job_.pieces = request.work.pieces;
	if (request.plan.path == LoadPath::AppendCreated) {
		const leaf::StagingShape *shape = pg::Call(leaf::ShapeOf, destination.relation);
		job_.staging_shape.assign(reinterpret_cast<const char *>(shape), shape->size);
	}
}

void
ParallelLoad::ShowTotals()
{
	catalog::RunCounters &counters = request_.progress.Counters();
	counters.records_processed = totals_.rows;
	request_.progress.Batch(totals_.rows_read, totals_.bytes, 0);
	counters.batches = totals_.done;
}

bool
ParallelLoad::StillHeld()
{
	try {
		source_.KeepAlive();
		return true;
	} catch (const Error &error) {
		if (!source_.IsBroken()) {
			throw;
		}
		request_.journal.Warning(Format("the connection that holds the source's snapshot is lost: {}", error.what()));
		return false;
	}
}

Outcome
ParallelLoad::Wait(ParallelCrew *crew)
{
	SteadyTime spoken = SteadyNow();
	for (;;) {
		try {
			CrewState const state = crew->Watch();
			if (state != CrewState::Loading) {
				return state == CrewState::Done ? Outcome::Done : Outcome::Spoiled;
			}
		} catch (const Error &error) {
			bool const unknown = error.State() == sqlstate::kSnapshotLost;
			// Of a worker that was terminated itself there is no error: this is about its connection to the source.
			bool const broken =
				error.State() == sqlstate::kConnectionFailure || error.State() == sqlstate::kAdminShutdown;
			if (!unknown && !broken) {
				throw;
			}
			if (broken) {
				request_.journal.Warning(Format("a stream lost its connection to the source: {}", error.what()));
			}
			if (!StillHeld()) {
				return Outcome::SnapshotLost;
			}
			return unknown ? Outcome::NotThere : Outcome::Spoiled;
		}
		totals_ = crew->Totals();
		ShowTotals();
		// Pages that are being written are nothing for a VACUUM to read.
		if (totals_.has_staging && !guarded_) {
			guarded_ = pg::Call(leaf::TryLock, crew->Staging(), static_cast<LOCKMODE>(ShareUpdateExclusiveLock));
		}
		if (SteadyNow() - spoken > kKeepAlive) {
			if (!StillHeld()) {
				return Outcome::SnapshotLost;
			}
			spoken = SteadyNow();
		}
		pg::Call(leaf::WaitForParallelWorkers);
	}
}

Outcome
ParallelLoad::Attempt()
{
	Oid const destination = job_.staging_shape.empty() ? request_.destination.oid : InvalidOid;
	ParallelCrew crew({request_.host, job_, destination, streams_}, request_.journal);
	guarded_ = false;
	started_ = crew.Begin();
	if (!started_) {
		return Outcome::NotThere;
	}
	Outcome const outcome = Wait(&crew);
	totals_ = crew.Totals();
	staging_ = crew.Staging();
	return outcome;
}

// A new connection, a new snapshot, and the pages of now.
void
ParallelLoad::RenewSnapshot()
{
	source_.Reconnect();
	OptionValues const options = catalog::ReadOptions(request_.pipeline.options);
	std::unique_ptr<SourceCut> const cut = source_.Cut(options.Text("stream_key"));
	if (!cut->Obstacle().empty()) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState, "the source's table changed while it was read",
					"Run the pipeline again.", cut->Obstacle());
	}
	job_.pieces = cut->Pieces(streams_);
	job_.snapshot = source_.ExportSnapshot();
}

void
ParallelLoad::StartAgain(Outcome outcome)
{
	if (++job_.attempt == kMostAttempts) {
		throw Error(outcome == Outcome::Spoiled ? sqlstate::kWorkerLost : sqlstate::kSnapshotLost,
					Format("a stream ended unexpectedly, or the source's snapshot was lost, in each of {} attempts",
						   job_.attempt),
					"The server's log tells why. The option streams => 1 loads without them.");
	}
	if (outcome == Outcome::SnapshotLost) {
		request_.journal.Warning("all streams start again, under a new snapshot of the source");
		RenewSnapshot();
	} else {
		request_.journal.Warning("all streams start again: rows of one that died cannot be told from others");
	}
}

// Its locks kept the source's tables as they were measured, its snapshot what streams that came late could read: so it
// must have been there until everything was read.
bool
ParallelLoad::LetGo()
{
	if (!StillHeld()) {
		return false;
	}
	request_.input.Wire()->Finish();
	return true;
}

bool
ParallelLoad::Run()
{
	for (;;) {
		Outcome outcome = Attempt();
		if (outcome == Outcome::Done) {
			ShowTotals();
			if (LetGo()) {
				return true;
			}
			outcome = Outcome::SnapshotLost;
		}
		// Gone with this transaction; where that fails the scheduler drops it.
		if (OidIsValid(staging_)) {
			(void)pg::Call(leaf::DropStaging, staging_);
			staging_ = InvalidOid;
		}
		if (!started_ || outcome == Outcome::NotThere) {
			request_.journal.Warning(started_ ? "one stream, because connections to the source do not share snapshots: "
												"its host name may lead to several servers"
											  : "one stream, because no background worker slot is free");
			totals_ = {};
			ShowTotals();
			return false;
		}
		StartAgain(outcome);
	}
}

} // namespace

std::optional<ParallelRows>
LoadInParallel(const ParallelRequest &request)
{
	int const wanted = request.plan.streams;
	int const streams = request.host.reserve(wanted);
	if (streams < 2) {
		request.journal.Warning("one stream, because there are not two free background worker slots");
		return std::nullopt;
	}
	if (streams < wanted) {
		request.journal.Warning(
			Format("{} streams instead of {}, because no more background worker slots are free", streams, wanted));
	}
	request.progress.Expect(request.work.rows_expected);
	ParallelLoad load(request, streams);
	if (!load.Run()) {
		return std::nullopt;
	}
	return load.Result();
}

} // namespace sluice::engine
