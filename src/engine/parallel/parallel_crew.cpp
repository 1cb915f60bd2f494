#include "engine/parallel/parallel_crew.hpp"

#include "core/duration.hpp"
#include "core/sqlstate.hpp"

namespace sluice::engine {

namespace {

// Streams that die without a word: so often others take over before the run is given up.
constexpr int kMostDeaths = 8;
// Ending: they are cancelled at once and again, and terminated when they do not obey.
constexpr int kQuietWaitMs = 50;
constexpr int kObeyRounds = 100;
constexpr int kGiveUpRounds = 200;

bool
HasEnded(BackgroundWorkerHandle *handle)
{
	pid_t pid;
	return GetBackgroundWorkerPid(handle, &pid) == BGWH_STOPPED;
}

// In a destructor, so that nothing of the run outlives it: no interrupt is served here.
void
EndParallelWorkers(ParallelBoard *board, BackgroundWorkerHandle **handles, int count)
{
	for (int round = 0; round < kGiveUpRounds; ++round) {
		int live = 0;
		for (int i = 0; i < count; ++i) {
			if (handles[i] != nullptr && !HasEnded(handles[i])) {
				++live;
				if (round == kObeyRounds) {
					TerminateBackgroundWorker(handles[i]);
				}
			}
		}
		if (live == 0) {
			return;
		}
		leaf::StopParallelWorkers(board);
		leaf::WaitQuietly(kQuietWaitMs);
	}
}

void
FreeHandle(BackgroundWorkerHandle *handle)
{
	pfree(handle);
}

} // namespace

ParallelCrew::ParallelCrew(const CrewOrder &order, RunJournal &journal)
	: host_(order.host), run_id_(order.job.run_id), journal_(journal), wanted_(order.streams),
	  handles_(kMaxParallel, nullptr)
{
	std::string const job = PackJob(order.job);
	segment_ = pg::Call(leaf::CreateBoard, job.data(), job.size(), static_cast<int>(order.job.pieces.size()));
	if (segment_ == nullptr) {
		throw Error(sqlstate::kOutOfMemory, "there is no dynamic shared memory left for the streams of a load",
					"Run fewer of them at the same time, or set the option streams to 1.");
	}
	board_ = leaf::BoardOf(segment_);
	board_->destination = order.destination;
}

ParallelCrew::~ParallelCrew()
{
	if (segment_ == nullptr) {
		return;
	}
	(void)pg::CallNoThrow(EndParallelWorkers, board_, handles_.data(), static_cast<int>(handles_.size()));
	for (BackgroundWorkerHandle *handle : handles_) {
		if (handle != nullptr) {
			(void)pg::CallNoThrow(FreeHandle, handle);
		}
	}
	(void)pg::CallNoThrow(leaf::DropBoard, segment_);
}

int
ParallelCrew::Live() const
{
	return static_cast<int>(
		std::count_if(handles_.begin(), handles_.end(), [](auto *handle) { return handle != nullptr; }));
}

bool
ParallelCrew::Start()
{
	for (int worker = 0; worker < kMaxParallel; ++worker) {
		if (handles_[worker] == nullptr) {
			return host_.start(run_id_.c_str(), leaf::HandleOf(segment_), worker, &handles_[worker]);
		}
	}
	return false;
}

bool
ParallelCrew::Begin()
{
	return Start();
}

leaf::BoardTotals
ParallelCrew::Totals() const
{
	leaf::BoardTotals totals;
	leaf::ReadTotals(board_, &totals);
	return totals;
}

void
ParallelCrew::ThrowFirstError()
{
	if (Totals().has_error) {
		throw UnpackError(std::string_view(board_->error, board_->error_length));
	}
}

// False: what it leaves behind spoils the table.
bool
ParallelCrew::Settle(int worker)
{
	leaf::ParallelTotals done;
	pg::Call(leaf::SettleParallelWorker, board_, worker, &done);
	pg::Call(FreeHandle, std::exchange(handles_[worker], nullptr));
	ThrowFirstError();
	if (done.pieces > 0 || done.finished) {
		journal_.Info(Format("stream {} loaded {} rows from {} range{} in {}", worker + 1, done.rows, done.pieces,
							 done.pieces == 1 ? "" : "s",
							 FormatDuration(std::max<int64_t>(done.microseconds / kMillisecond, 1) * kMillisecond)));
	}
	if (done.finished) {
		return true;
	}
	journal_.Warning(Format("stream {} ended unexpectedly", worker + 1));
	if (++deaths_ > kMostDeaths) {
		throw Error(sqlstate::kWorkerLost, Format("streams of this load ended unexpectedly {} times", deaths_),
					"The server's log tells why. The option streams => 1 loads without them.");
	}
	return !done.spoiled;
}

CrewState
ParallelCrew::Watch()
{
	ThrowFirstError();
	for (int worker = 0; worker < kMaxParallel; ++worker) {
		if (handles_[worker] != nullptr && pg::Call(HasEnded, handles_[worker]) && !Settle(worker)) {
			return CrewState::Spoiled;
		}
	}
	leaf::BoardTotals const totals = Totals();
	int const useful = std::min(wanted_, Live() + totals.free);
	while (totals.free > 0 && Live() < useful) {
		if (Start()) {
			continue;
		}
		if (Live() == 0) {
			throw Error(sqlstate::kConfigurationLimitExceeded, "no background worker slot is free for a stream",
						"Increase max_worker_processes, or set the option streams to 1.");
		}
		if (!std::exchange(said_short_, true)) {
			journal_.Warning(
				Format("{} of {} streams, because no more background worker slots are free", Live(), wanted_));
		}
		break;
	}
	return totals.done == board_->piece_count && Live() == 0 ? CrewState::Done : CrewState::Loading;
}

} // namespace sluice::engine
